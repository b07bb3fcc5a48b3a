// Loaded into the station's own processes by NODE_OPTIONS, so that the product needs no code for measuring. Appends a
// line "what start end" (nanoseconds of CLOCK_MONOTONIC, the clock of the results) to the file that
// CUPCHECK_BENCH_SPANS names: each run of a network in the judging process, each wait for a frame in core.
// With CUPCHECK_BENCH_PROFILE, SIGUSR2 starts a CPU profile of the judging process, and the next one writes it there.
import { openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';

const [, program = '', verb] = process.argv;
const dist = new URL('../../dist/', import.meta.url);
const samplingUs = 250;

/** Wraps a method that returns a promise, so that each call is written down when it has settled. */
function timed(prototype, method, what, fd) {
  const original = prototype[method];
  prototype[method] = async function (...args) {
    const start = process.hrtime.bigint();
    try {
      return await original.apply(this, args);
    } finally {
      writeSync(fd, `${what(args)} ${start} ${process.hrtime.bigint()}\n`);
    }
  };
}

/** What is written is there at once and whole: the other side waits for the file. */
function publish(path, text) {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function profileOnSignal(path) {
  const session = new Session();
  let running = false;
  const start = async () => {
    running = true;
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: samplingUs });
    await session.post('Profiler.start');
    publish(`${path}.started`, '');
  };
  const stop = async () => publish(path, JSON.stringify((await session.post('Profiler.stop')).profile));
  process.on('SIGUSR2', () => void (running ? stop() : start()));
}

const { CUPCHECK_BENCH_SPANS: spans, CUPCHECK_BENCH_PROFILE: profile } = process.env;
if (spans !== undefined && isMainThread) {
  if (program.endsWith('/infer/child.js')) {
    await import(new URL('hw/inference/telemetry-off.js', dist).href);
    const { InferenceSession } = await import('onnxruntime-node');
    timed(InferenceSession.prototype, 'run', ([feeds]) => `network.${Object.keys(feeds)[0]}`, openSync(spans, 'a'));
    if (profile !== undefined) profileOnSignal(profile);
  } else if (program.endsWith('/cli/main.js') && verb === 'run') {
    const { ReplayCamera } = await import(new URL('hw/camera/replay-camera.js', dist).href);
    timed(ReplayCamera.prototype, 'after', () => 'frame', openSync(spans, 'a'));
  }
}

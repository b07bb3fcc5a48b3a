// A whole simulated station as its real processes, with the probes of this folder loaded into them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { schema } from '../../dist/daemon/config/schema.js';
import { askStation } from '../../dist/daemon/control/client.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'dist/cli/main.js');
const probe = new URL('probe.mjs', import.meta.url).href;
const patienceMs = 60_000;

/** Builds the fsync probe with the compiler that built the addon. */
function fsyncProbe() {
  const source = fileURLToPath(new URL('fsync-probe.c', import.meta.url));
  const built = join(root, 'build/bench/fsync-probe.so');
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  const { status, stderr } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', built, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the fsync probe does not compile: ${stderr}`);
  return built;
}

/** Resident memory of a process, MiB. */
function residentMib(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

export class BenchStation {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-bench-'));
  /** As shipped: the bench changes neither. */
  fps = schema.camera.fps.default;
  settleMs = schema.station.settleMs.default;
  #spansPath = join(this.folder, 'spans');
  #profilePath = join(this.folder, 'profile');
  #socket = join(this.folder, 'control.sock');
  #children = new Map();
  #listeners = new Set();
  #watching = new AbortController();
  said = '';

  /**
   * Returns when it waits for a cup.
   * @param cups folder with empty.jpg and calibration.json
   * @param options `profile`: the judging process can be profiled
   */
  static async start(cups, { profile = false } = {}) {
    const station = new BenchStation();
    writeFileSync(station.#spansPath, '');
    // Everything else is as shipped: frame rate, settling, threads.
    const config = {
      // The deadline is generous so that a busy machine is measured and not cut off.
      station: { name: 'bench', deadlineMs: 10_000, frameTimeoutMs: 5000 },
      camera: { driver: 'replay', replay: { empty: join(cups, 'empty.jpg') } },
      trigger: { driver: 'scripted' },
      light: { driver: 'memory', socket: join(station.folder, 'light.sock') },
      risk: { unread: 'accept' }, // the cups of the benchmark are drawn coins, whose years are not read
      calibration: { path: join(cups, 'calibration.json') },
      infer: { timeoutMs: 10_000 },
      images: { keepAmbers: false, keepGreensShare: 0 },
      control: { socket: station.#socket },
      state: { path: join(station.folder, 'state') },
      log: { level: 'error' },
    };
    const configPath = join(station.folder, 'config.yaml');
    writeFileSync(configPath, stringify(config));
    const probes = {
      CUPCHECK_BENCH_SPANS: station.#spansPath,
      NODE_OPTIONS: `--import ${probe}`,
      LD_PRELOAD: fsyncProbe(),
      ...(profile ? { CUPCHECK_BENCH_PROFILE: station.#profilePath } : {}),
    };
    for (const [verb, extra] of [
      ['light', {}],
      ['run', probes],
    ]) {
      const command = ['--pdeathsig', 'TERM', '--', process.execPath, program, verb, '--config', configPath];
      const child = spawn('setpriv', command, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...extra },
      });
      child.stderr.on('data', (chunk) => {
        station.said = (station.said + chunk.toString()).slice(-4000);
      });
      await once(child, 'spawn');
      station.#children.set(verb, child);
    }
    await station.whenReady();
    await station.#watch();
    return station;
  }

  ask(verb, params = {}) {
    return askStation(this.#socket, verb, params);
  }

  order(design, count) {
    return this.ask('order.set', { design, count, cups: 1_000_000 });
  }

  /** Looks until the station waits for a cup. */
  async whenReady() {
    const endMs = Date.now() + patienceMs;
    let last = 'it does not answer';
    while (Date.now() < endMs) {
      const code = this.#children.get('run').exitCode;
      if (code !== null) throw new Error(`core ended with ${code}: ${this.said}`);
      const status = await this.ask('status').catch((error) => {
        last = error.message;
        return null;
      });
      if (status?.state === 'ready') return status;
      if (status !== null) last = JSON.stringify(status.faults);
      await pause(5);
    }
    throw new Error(`the station is not ready after ${patienceMs} ms: ${last}; ${this.said}`);
  }

  /** Puts a cup on the station, waits for its result, takes it away. */
  async cup(picture) {
    const [result] = await Promise.all([this.#nextResult(), this.ask('sim.place', { picture })]);
    await this.ask('sim.remove');
    await this.whenReady();
    return result;
  }

  /** Resident memory of the three processes, MiB. */
  memory() {
    return {
      core: residentMib(this.#children.get('run').pid),
      infer: residentMib(this.#inferPid()),
      light: residentMib(this.#children.get('light').pid),
    };
  }

  /** What the probes wrote since the start: `{ what, startNs, endNs }`. */
  spans() {
    return readFileSync(this.#spansPath, 'utf8')
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [what, start, end] = line.split(' ');
        return { what, startNs: BigInt(start), endNs: BigInt(end) };
      });
  }

  async startProfile() {
    process.kill(this.#inferPid(), 'SIGUSR2');
    await until(() => existsSync(`${this.#profilePath}.started`), 'the profile starts');
  }

  /** The profile of the judging process since `startProfile`, as V8 writes it. */
  async stopProfile() {
    process.kill(this.#inferPid(), 'SIGUSR2');
    await until(() => existsSync(this.#profilePath), 'the profile is written');
    return JSON.parse(readFileSync(this.#profilePath, 'utf8'));
  }

  async stop() {
    this.#watching.abort(new Error('the benchmark ends'));
    for (const child of [...this.#children.values()].toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #inferPid() {
    const core = this.#children.get('run').pid;
    const [pid] = readFileSync(`/proc/${core}/task/${core}/children`, 'utf8').trim().split(' ').map(Number);
    return pid;
  }

  #watch() {
    return new Promise((resolve) => {
      const onEvent = (event) => {
        resolve();
        for (const listener of this.#listeners) listener(event);
      };
      const { signal } = this.#watching;
      askStation(this.#socket, 'watch', {}, { timeoutMs: null, signal, onEvent }).catch(() => resolve());
    });
  }

  #nextResult() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no result within ${patienceMs} ms: ${this.said}`)), patienceMs);
      const take = (event) => {
        if (event.type !== 'result') return;
        clearTimeout(timer);
        this.#listeners.delete(take);
        resolve(event.result);
      };
      this.#listeners.add(take);
    });
  }
}

async function until(holds, what) {
  const endMs = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await pause(10);
  }
}

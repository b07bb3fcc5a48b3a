/**
 * The process that builds engines: started by `build-in-child.ts` at low priority, beside a station that goes on judging.
 * It ends when its channel closes; what it had begun goes with the next change of the store.
 */
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { Judging } from '../infer/judging.js';
import { RingReader } from '../infer/ring-reader.js';
import { buildEngines, type PictureJudge } from './build-engine.js';
import type { BuildMessage, BuildStart } from './build-protocol.js';
import type { EngineChoice } from './choose-engine.js';
import { thisMachine } from './machine.js';

function send(message: BuildMessage, then: () => void = () => undefined): void {
  process.send?.(message, then);
}

/** Pictures come from the disk alone. */
const noFrames = new RingReader({
  view: () => {
    throw new CupcheckError('INTERNAL', 'an engine is built without a camera');
  },
  check: () => false,
});

async function load(settings: BuildStart['settings'], choice: EngineChoice): Promise<PictureJudge> {
  const marked = { ...choice, engine: { used: choice.prepared === null ? null : 'prepared', because: null } };
  const inference = thisMachine.inference(settings, choice.prepared);
  const judging = await Judging.load(settings, marked, inference, noFrames, null);
  return {
    prepared: judging.info.engine.used !== null,
    replay: (request) => judging.replay(request),
    close: () => judging.close(),
  };
}

async function build(start: BuildStart): Promise<void> {
  try {
    const engines = await buildEngines({
      ...start,
      machine: thisMachine,
      load,
      now: () => new Date(),
      onProgress: (progress) => send({ type: 'progress', progress }),
      signal: new AbortController().signal,
    });
    send({ type: 'done', engines }, () => process.exit(0));
  } catch (thrown) {
    const { code, message } = asCupcheckError(thrown);
    send({ type: 'failed', code, message }, () => process.exit(1));
  }
}

process.once('disconnect', () => process.exit(0));
process.once('message', (start) => void build(start as BuildStart));

/**
 * The process that builds engines: started by `build-in-child.ts` at low priority, beside a station that goes on judging.
 * It ends when its channel closes; what it had begun goes with the next change of the store.
 */
import { asCupcheckError } from '../../errors.js';
import { buildEngines } from './build-engine.js';
import type { BuildMessage, BuildStart } from './build-protocol.js';
import { thisMachine } from './machine.js';
import { loadPictureJudge } from './picture-judge.js';

function send(message: BuildMessage, then: () => void = () => undefined): void {
  process.send?.(message, then);
}

async function build(start: BuildStart): Promise<void> {
  try {
    const engines = await buildEngines({
      ...start,
      machine: thisMachine,
      load: loadPictureJudge,
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

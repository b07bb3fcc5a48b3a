import { CupcheckError } from '../../errors.js';
import { Judging } from '../infer/judging.js';
import { RingReader } from '../infer/ring-reader.js';
import type { InferSettings } from '../infer/settings.js';
import type { PictureJudge } from './build-engine.js';
import type { EngineChoice } from './choose-engine.js';
import { thisMachine } from './machine.js';

/** Pictures come from the disk alone. */
const noFrames = new RingReader({
  view: () => {
    throw new CupcheckError('INTERNAL', 'an engine is built without a camera');
  },
  check: () => false,
});

/** Loads what judges golden pictures by that choice. Errors: as `Judging.load`. */
export async function loadPictureJudge(settings: InferSettings, choice: EngineChoice): Promise<PictureJudge> {
  const marked = { ...choice, engine: { used: choice.prepared === null ? null : 'prepared', because: null } };
  const inference = thisMachine.inference(settings, choice.prepared);
  const judging = await Judging.load(settings, marked, inference, noFrames, null);
  return {
    prepared: judging.info.engine.used !== null,
    replay: (request) => judging.replay(request),
    close: () => judging.close(),
  };
}

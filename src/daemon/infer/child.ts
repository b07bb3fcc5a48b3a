/**
 * The judging process: started by `parent.ts`, with the frame ring at a fixed descriptor and a channel to core.
 * It loads what the first message names, says `ready` or `failed`, and answers one question after the other.
 * It ends when its channel closes; SIGTERM ends it at once, because it holds nothing that must be kept.
 */
import { ZxingReader } from '../../hw/code/zxing-reader.js';
import { asCupcheckError } from '../../errors.js';
import { FrameRing } from '../../native/frame-ring.js';
import { readSignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { readTrust } from '../bundles/trusted-keys.js';
import { chooseEngine, type EngineChoice, plainChoice } from '../engines/choose-engine.js';
import { thisMachine } from '../engines/machine.js';
import { Judging } from './judging.js';
import { errorToSend, readQuestion, ringFdInChild, type ToParent } from './protocol.js';
import { RingReader } from './ring-reader.js';
import { readStart } from './settings.js';

function send(message: ToParent): void {
  // Without a channel there is nobody to tell, and `disconnect` ends this process.
  process.send?.(message);
}

/** What core cannot see from the code and the message goes to the log of the unit. */
function toSend(thrown: unknown): ReturnType<typeof errorToSend> {
  const error = asCupcheckError(thrown);
  if (error.code === 'INTERNAL' || error.code === 'INFER_FAILED') console.error(error);
  return errorToSend(error);
}

async function load(message: unknown): Promise<Judging> {
  const settings = readStart(message);
  const reader = new RingReader(FrameRing.attach(ringFdInChild));
  const codes = settings.code === null ? null : await ZxingReader.load(settings.code.zone);
  const signed = await readSignedManifest(settings.bundlePath, await readTrust(settings.trust));
  const load = (choice: EngineChoice): Promise<Judging> =>
    Judging.load(settings, choice, thisMachine.inference(settings, choice.prepared), reader, codes);
  const choice = await chooseEngine(signed, settings, thisMachine);
  const judging = await load(choice);
  // What was proved is the engine; fewer bits without it are not.
  if (settings.precision !== 'auto' || choice.precision.used === 'fp32' || judging.info.engine.used !== null)
    return judging;
  await judging.close();
  const because = `auto: the engine of ${choice.precision.used} cannot be loaded`;
  return await load({ ...plainChoice, precision: { used: 'fp32', because } });
}

async function answer(judging: Judging, message: unknown): Promise<ToParent> {
  const question = readQuestion(message);
  const { type, id } = question;
  try {
    if (type === 'ping') return { type: 'pong', id };
    const { cup } = question;
    if (type === 'compare') return { type: 'compared', id, cup, ...judging.compare(cup, question.frame) };
    if (type === 'replay') return { type: 'replayed', id, cup, replayed: await judging.replay(question) };
    return { type: 'judged', id, cup, judgement: await judging.judge(question) };
  } catch (error) {
    return { type: 'error', id, ...toSend(error) };
  }
}

/** Questions are answered in the order in which they came, one at a time. A question that breaks the protocol ends this process. */
function serve(judging: Judging): void {
  let last: Promise<void> = Promise.resolve();
  process.on('message', (message) => {
    last = last.then(async () => send(await answer(judging, message)));
  });
}

async function start(message: unknown): Promise<void> {
  try {
    const judging = await load(message);
    serve(judging);
    send({ type: 'ready', info: judging.info });
  } catch (error) {
    send({ type: 'failed', ...toSend(error) });
  }
}

process.once('disconnect', () => process.exit(0));
process.once('message', (message) => void start(message));

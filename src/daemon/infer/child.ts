/**
 * The judging process: started by `parent.ts`, with the frame ring at a fixed descriptor and a channel to core.
 * It loads what the first message names, says `ready` or `failed`, and answers one question after the other.
 * It ends when its channel closes; SIGTERM ends it at once, because it holds nothing that must be kept.
 */
import { ZxingReader } from '../../hw/code/zxing-reader.js';
import { OnnxRuntime } from '../../hw/inference/onnx-runtime.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { FrameRing } from '../../native/frame-ring.js';
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
  const [provider, ...others] = settings.providers.order;
  if (provider === undefined) throw new CupcheckError('PROVIDER_UNAVAILABLE', 'providers.order is empty');
  const inference = new OnnxRuntime({
    providers: [provider, ...others],
    require: settings.providers.require,
    threads: settings.threads,
  });
  const codes = settings.code === null ? null : await ZxingReader.load(settings.code.zone);
  return Judging.load(settings, inference, new RingReader(FrameRing.attach(ringFdInChild)), codes);
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

/**
 * One of the processes that share the cups of an evaluation: started by `workers.ts`, with an engine of its own.
 * It answers one cup after the other and ends when its channel closes.
 */
import { setPriority } from 'node:os';
import { asCupcheckError } from '../../errors.js';
import { offlineEngine } from '../offline-engine.js';
import { CupJudging } from './cup-judging.js';
import type { CupTask, FromWorker, Work, WorkerStart } from './worker-protocol.js';

/** One thread a network: the processes fill the cores, and a cup's scores do not depend on how many cores there are. */
const threads = 1;
/** A station on the same board goes first. */
const niceness = 5;

function send(message: FromWorker<Work>): void {
  // Without a channel there is nobody to tell, and `disconnect` ends this process.
  process.send?.(message);
}

function fail(thrown: unknown): void {
  const { code, message } = asCupcheckError(thrown);
  send({ type: 'failed', error: { code, message } });
}

async function start({ work, folder, bundle, gallery, precision, judges, rules }: WorkerStart): Promise<void> {
  const judging = new CupJudging(folder, rules, await offlineEngine(bundle, threads, judges, gallery, precision));
  let last: Promise<void> = Promise.resolve();
  process.on('message', ({ index, cup }: CupTask) => {
    last = last.then(async () => send({ type: 'done', index, result: await judging[work](cup) })).catch(fail);
  });
  send({ type: 'ready' });
}

setPriority(niceness);
process.once('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group of processes; the one that asked decides what becomes of it.
process.on('SIGINT', () => undefined);
process.once('message', (message: WorkerStart) => void start(message).catch(fail));

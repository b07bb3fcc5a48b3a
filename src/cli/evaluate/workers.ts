import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CupcheckError } from '../../errors.js';
import type { TruthCup } from './truth.js';
import type { CupTask, FromWorker, Work, WorkerStart, WorkResults } from './worker-protocol.js';

/** Cups that a worker holds: while it judges one, the next is on its way. */
const heldByWorker = 2;
/** Cups that may be judged ahead of the oldest one that is not; results of more than these are never lost or held back. */
const aheadPerWorker = 8;

export interface WorkersOptions<W extends Work> {
  /** The compiled `worker.ts`. */
  readonly entry: URL;
  readonly jobs: number;
  readonly start: WorkerStart & { readonly work: W };
  readonly cups: readonly TruthCup[];
  /** Index of the first cup to judge. */
  readonly from: number;
  /** Takes each result in the order of the cups. */
  readonly onResult: (result: WorkResults[W]) => void;
  readonly signal: AbortSignal;
}

/**
 * Has every cup judged by `jobs` processes, each with an engine of its own. They end with this process, however it ends.
 * @throws what a worker threw; INFER_CRASHED where one died; the signal's reason
 */
export function inWorkers<W extends Work>(options: WorkersOptions<W>): Promise<void> {
  const { cups, from, signal } = options;
  const count = Math.min(options.jobs, cups.length - from);
  const results = new Map<number, WorkResults[W]>();
  const workers: ChildProcess[] = [];
  let next = from;
  let due = from;
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', interrupted);
      // They hold nothing that must be kept.
      for (const worker of workers) worker.kill('SIGKILL');
      settle();
    };
    const fail = (error: unknown) => end(() => reject(error));
    const interrupted = () => fail(signal.reason);
    const held = new Map<ChildProcess, number>();

    const handOut = (): void => {
      for (const [worker, tasks] of held)
        for (let task = tasks; task < heldByWorker && next < cups.length; task++) {
          const cup = cups[next];
          if (cup === undefined || next >= due + count * aheadPerWorker) return;
          worker.send({ index: next, cup } satisfies CupTask);
          held.set(worker, task + 1);
          next++;
        }
    };
    const take = (worker: ChildProcess, message: FromWorker<W>): void => {
      if (over) return;
      if (message.type === 'failed') return fail(new CupcheckError(message.error.code, message.error.message));
      if (message.type === 'ready') held.set(worker, 0);
      else {
        held.set(worker, (held.get(worker) ?? 1) - 1);
        results.set(message.index, message.result);
      }
      try {
        for (let result = results.get(due); result !== undefined; result = results.get(due)) {
          results.delete(due);
          due++;
          options.onResult(result);
        }
      } catch (error) {
        return fail(error);
      }
      if (due === cups.length) end(resolve);
      else handOut();
    };

    if (signal.aborted) return interrupted();
    if (count <= 0) return end(resolve);
    signal.addEventListener('abort', interrupted);
    for (let job = 0; job < count; job++) {
      const worker = startWorker(options.entry);
      workers.push(worker);
      worker.on('message', (message: FromWorker<W>) => take(worker, message));
      // Comes where it cannot be started or told anything; `exit` says the rest.
      worker.on('error', (error) => fail(died(error.message)));
      worker.on('exit', (code, how) => fail(died(how === null ? `exit code ${String(code)}` : `signal ${how}`)));
      worker.send(options.start);
    }
  });
}

/** The kernel kills it when this process dies, as it does with the judging process of a station. Its output is stderr's. */
function startWorker(entry: URL): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, fileURLToPath(entry)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  });
}

const died = (how: string) =>
  new CupcheckError('INFER_CRASHED', `a process that judged cups ended: ${how}. Fewer --jobs need less memory`);

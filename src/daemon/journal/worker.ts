import { parentPort, workerData } from 'node:worker_threads';
import { packError } from './sqlite-errors.js';
import type { JournalCall, WorkerMessage, WorkerRequest, WorkerSettings } from './protocol.js';
import { openForWriting } from './schema.js';
import { JournalStore } from './store.js';

/** The journal's thread: every fsync happens here, so none blocks the loop that owns the deadlines. */
if (parentPort === null) throw new Error('the journal worker runs as a worker thread only');
const port = parentPort;
const settings = workerData as WorkerSettings;

function post(message: WorkerMessage): void {
  port.postMessage(message);
}

function open(): JournalStore | null {
  try {
    return new JournalStore(openForWriting(settings.path), settings.limits);
  } catch (error) {
    post({ type: 'refused', error: packError(error, `open the journal ${settings.path}`) });
    return null;
  }
}

function serve(store: JournalStore, id: number, call: JournalCall, args: unknown): void {
  try {
    // The calls' types are checked where they are made (worker-link.ts); only this thread's parent can post here.
    const handler = store[call] as (args: unknown) => unknown;
    post({ type: 'reply', id, reply: handler(args) });
  } catch (error) {
    post({ type: 'error', id, error: packError(error, `journal ${call}`) });
  }
}

const store = open();
if (store !== null) {
  port.on('message', (request: WorkerRequest) => {
    if ('close' in request) {
      store.close();
      port.close();
      return;
    }
    serve(store, request.id, request.call, request.args);
  });
  post({ type: 'open', ...store.opened() });
}

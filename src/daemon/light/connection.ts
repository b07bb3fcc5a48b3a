import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { LineSplitter } from '../control/line-splitter.js';
import { format, type LightReply, type LightRequest, parseReply, replyBytes } from './protocol.js';

/** Without `seq`: the connection numbers what it sends. */
export type Unnumbered = LightRequest extends infer R ? (R extends LightRequest ? Omit<R, 'seq'> : never) : never;
export type Answer = Exclude<LightReply, { type: 'hello' }>;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: CupcheckError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to the light process: requests in order, each with its answer or an end in time.
 * Whatever goes wrong ends the connection, for a closed socket is what the light process goes dark by.
 */
export class LightConnection {
  readonly maxLeaseMs: number;
  readonly #socket: Socket;
  readonly #answerMs: number;
  readonly #pending = new Map<number, Pending>();
  #seq = 0;
  #lost: CupcheckError | null = null;
  #onLost: (error: CupcheckError) => void = () => undefined;

  private constructor(socket: Socket, maxLeaseMs: number, answerMs: number) {
    this.#socket = socket;
    this.maxLeaseMs = maxLeaseMs;
    this.#answerMs = answerMs;
  }

  /** Resolves once the light process has said hello. Errors: LIGHT_LOST; the signal's reason when aborted. */
  static async open(path: string, answerMs: number, signal: AbortSignal): Promise<LightConnection> {
    const socket = createConnection(path);
    const lines = new LineSplitter(replyBytes);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    try {
      const hello = await greeting(socket, lines, limit);
      if (hello.type !== 'hello') {
        throw lost(hello.type === 'refused' ? hello.message : `it began with ${hello.type}`, path);
      }
      const connection = new LightConnection(socket, hello.maxLeaseMs, answerMs);
      socket.on('error', (error) => connection.end(lost(error.message, path)));
      socket.on('close', () => connection.end(lost('it closed the connection', path)));
      socket.on('data', (chunk: Buffer) => connection.#read(lines.push(chunk)));
      return connection;
    } catch (error) {
      // 'error' may still come; nobody listens for this connection any more.
      socket.on('error', () => null).destroy();
      signal.throwIfAborted();
      if (error instanceof CupcheckError) throw error;
      throw lost((error as Error).message, path);
    }
  }

  /** Called once, at the end, whoever ended it. */
  set onLost(listener: (error: CupcheckError) => void) {
    this.#onLost = listener;
    if (this.#lost !== null) listener(this.#lost);
  }

  /** The number that the next request will carry. */
  get nextSeq(): number {
    return this.#seq + 1;
  }

  /** Sends now; resolves with the answer, refusals included. Errors: LIGHT_LOST. */
  send(request: Unnumbered): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      const seq = ++this.#seq;
      const timer = setTimeout(() => void this.#overdue(seq, request.type), this.#answerMs);
      this.#pending.set(seq, { resolve, reject, timer });
      this.#socket.write(format({ ...request, seq }));
    });
  }

  /** Ends the connection; what waits for an answer fails with `error`. */
  end(error: CupcheckError): void {
    if (this.#lost !== null) return;
    this.#lost = error;
    this.#socket.destroy();
    for (const { timer, reject } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
    this.#onLost(error);
  }

  async #overdue(seq: number, type: string): Promise<void> {
    // After a stall of this process its timers come before its sockets: the answer may lie there unread.
    await turn();
    if (!this.#pending.has(seq)) return;
    this.end(new CupcheckError('LIGHT_LOST', `the light process did not answer ${type} within ${this.#answerMs} ms`));
  }

  #read(lines: readonly string[] | null): void {
    if (lines === null) {
      this.end(new CupcheckError('LIGHT_LOST', `the light process sent a line of more than ${replyBytes} bytes`));
      return;
    }
    try {
      for (const line of lines) this.#answer(parseReply(line));
    } catch (cause) {
      const { message } = asCupcheckError(cause);
      this.end(new CupcheckError('LIGHT_LOST', `the light process sent nonsense: ${message}`, { cause }));
    }
  }

  #answer(reply: LightReply): void {
    if (reply.type === 'hello') throw new CupcheckError('REQUEST_INVALID', 'a second hello');
    const pending = this.#pending.get(reply.seq);
    if (pending === undefined) {
      const what = reply.type === 'refused' ? `refused: ${reply.message}` : `answered ${reply.seq}, never asked`;
      this.end(new CupcheckError('LIGHT_LOST', `the light process ${what}`));
      return;
    }
    clearTimeout(pending.timer);
    this.#pending.delete(reply.seq);
    pending.resolve(reply);
  }
}

async function greeting(socket: Socket, lines: LineSplitter, signal: AbortSignal): Promise<LightReply> {
  for (;;) {
    const ended = new AbortController();
    const closed = once(socket, 'close', { signal: ended.signal }).then(() => {
      throw new Error('it closed the connection');
    });
    try {
      const [chunk] = (await Promise.race([once(socket, 'data', { signal }), closed])) as [Buffer];
      const line = lines.push(chunk)?.[0];
      if (line !== undefined) return parseReply(line);
    } finally {
      ended.abort();
      closed.catch(() => null);
    }
  }
}

function lost(what: string, path: string): CupcheckError {
  return new CupcheckError('LIGHT_LOST', `the light process at ${path}: ${what}`);
}

import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { LineSplitter } from './line-splitter.js';
import { type ControlRequest, maxRequestBytes, parseRequest, writeLine } from './messages.js';
import type { VerbTable } from './verb.js';

const maxInFlight = 8;
/** What a caller may leave unread before it is dropped. */
const maxUnreadBytes = 1_048_576;
const idleMs = 60_000;
const lingerMs = 1000;

/** One caller. It ends when the caller closes, sends too long a line, does not read, or is silent for a minute. */
export class Connection {
  private readonly closing = new AbortController();
  private readonly lines = new LineSplitter(maxRequestBytes);
  private inFlight = 0;

  constructor(
    private readonly socket: Socket,
    private readonly verbs: VerbTable,
    private readonly log: Logger,
  ) {}

  open(): void {
    const { socket } = this;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', (error) => this.log.debug({ err: error }, 'control connection broke'));
    socket.on('close', () => this.closing.abort(new CupcheckError('REQUEST_INVALID', 'the caller went away')));
    socket.setTimeout(idleMs, () => {
      if (this.inFlight === 0) socket.destroy();
    });
  }

  private read(chunk: Buffer): void {
    const lines = this.lines.push(chunk);
    if (lines === null) {
      this.refuse(null, new CupcheckError('REQUEST_TOO_LARGE', `a request has more than ${maxRequestBytes} bytes`));
      // The rest of the line is read into nothing for a moment: closing at once would take the refusal with it.
      this.socket.removeAllListeners('data').resume().end();
      setTimeout(() => this.socket.destroy(), lingerMs).unref();
      return;
    }
    for (const line of lines) if (line.trim() !== '') this.take(line);
  }

  private take(line: string): void {
    let request: ControlRequest;
    try {
      request = parseRequest(line);
    } catch (error) {
      this.refuse(null, error);
      return;
    }
    if (this.inFlight >= maxInFlight) {
      this.refuse(request.id, new CupcheckError('STATION_BUSY', `${maxInFlight} requests run on this connection`));
      return;
    }
    void this.answer(request);
  }

  private async answer({ id, verb, params }: ControlRequest): Promise<void> {
    this.inFlight += 1;
    try {
      const known = Object.hasOwn(this.verbs, verb) ? this.verbs[verb] : undefined;
      if (known === undefined) throw new CupcheckError('REQUEST_UNKNOWN', `unknown verb ${verb.slice(0, 80)}`);
      const emit = (event: object) => this.send({ id, event });
      const result = await known.run(params, { signal: this.closing.signal, emit });
      this.send({ id, ok: true, result: result ?? null });
    } catch (error) {
      this.refuse(id, error);
    } finally {
      this.inFlight -= 1;
    }
  }

  private refuse(id: number | string | null, thrown: unknown): void {
    const error = asCupcheckError(thrown);
    if (error.code === 'INTERNAL') this.log.error({ err: error }, 'control request failed');
    this.send({ id, ok: false, error: { code: error.code, message: error.message, help: error.help } });
  }

  private send(message: object): void {
    if (this.socket.destroyed || !this.socket.writable) return;
    this.socket.write(writeLine(message));
    if (this.socket.writableLength <= maxUnreadBytes) return;
    this.log.warn({ unreadBytes: this.socket.writableLength }, 'control caller does not read: dropped');
    this.socket.destroy();
  }
}

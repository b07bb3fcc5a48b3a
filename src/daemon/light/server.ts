import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { LineSplitter } from '../control/line-splitter.js';
import { clearStaleSocket, socketFault } from '../control/socket-file.js';
import type { Clock, LightLines } from '../ports.js';
import { Lamp } from './lamp.js';
import { type Hold, Lease } from './lease.js';
import { format, type LightReply, type LightRequest, parseRequest, requestBytes, type ShownCup } from './protocol.js';

/** Cups that are remembered. */
export const recentCups = 256;
/** Requests of one station that may wait for the lines, and bytes that may wait for a station that does not read. */
const maxWaiting = 64;
const maxUnread = 262_144;

export interface LightServerOptions {
  readonly lines: LightLines;
  readonly clock: Clock;
  readonly socketPath: string;
  /** The longest lease that a station may ask for. */
  readonly maxLeaseMs: number;
  /** The lines cannot be driven dark: the process must end, so that the kernel lets go of them. */
  readonly onBroken: (error: CupcheckError) => void;
  readonly log: (message: string) => void;
}

/**
 * Shows what one station at a time asks for, for as long as its lease runs.
 * Dark: while nobody holds it, when a lease runs out, when the socket closes, and after whatever it refuses.
 */
export class LightServer {
  readonly #options: LightServerOptions;
  readonly #lamp: Lamp;
  readonly #server: Server;
  readonly #recent: ShownCup[] = [];
  #holder: Socket | null = null;
  #lease: Lease;
  #expiry = new AbortController();
  #waiting = 0;

  constructor(options: LightServerOptions) {
    this.#options = options;
    this.#lease = new Lease(options.maxLeaseMs);
    this.#lamp = new Lamp(options.lines, options.clock, (error) => options.onBroken(asCupcheckError(error)));
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Dark, then listening. Errors: LIGHT_LOST; ALREADY_RUNNING where another light process listens; SOCKET_FAULT. */
  async start(): Promise<void> {
    await this.#options.lines.set('dark');
    await listen(this.#server, this.#options.socketPath);
  }

  /** Dark, then closed. */
  async stop(): Promise<void> {
    this.#server.close();
    this.#holder?.destroy();
    this.#holder = null;
    this.#lease.drop();
    this.#expiry.abort();
    await this.#lamp.show('dark');
    await this.#options.lines.close();
  }

  #accept(socket: Socket): void {
    // The end of a connection is told by 'close', which follows every error.
    socket.on('error', () => null);
    if (this.#holder !== null) {
      socket.end(format({ type: 'refused', seq: 0, reason: 'busy', message: 'another station holds this light' }));
      return;
    }
    this.#holder = socket;
    this.#lease = new Lease(this.#options.maxLeaseMs);
    this.#waiting = 0;
    const lines = new LineSplitter(requestBytes);
    socket.on('data', (chunk: Buffer) => this.#read(socket, lines.push(chunk)));
    socket.on('close', () => {
      if (this.#holder !== socket) return;
      this.#holder = null;
      this.#darken('the station closed its connection');
    });
    this.#reply(socket, { type: 'hello', maxLeaseMs: this.#options.maxLeaseMs });
  }

  #read(socket: Socket, lines: readonly string[] | null): void {
    if (lines === null) {
      this.#expel(socket, `a line is longer than ${requestBytes} bytes`);
      return;
    }
    for (const line of lines) {
      if (socket !== this.#holder) return;
      try {
        this.#take(socket, parseRequest(line));
      } catch (error) {
        this.#expel(socket, asCupcheckError(error).message);
      }
    }
  }

  #take(socket: Socket, request: LightRequest): void {
    const nowNs = this.#options.clock.nowNs();
    if (request.type === 'recent') {
      this.#reply(socket, { type: 'recent', seq: request.seq, cups: this.#recent });
      return;
    }
    const granted =
      request.type === 'hold'
        ? this.#lease.grant(request, nowNs)
        : this.#lease.renew(request.hold, request.untilNs, nowNs);
    if ('refused' in granted) {
      const message = `${request.type} until ${request.untilNs} refused at ${nowNs}: ${granted.refused}`;
      this.#reply(socket, { type: 'refused', seq: request.seq, reason: granted.refused, message });
      this.#darken(message);
      return;
    }
    this.#expireAt(granted.hold.untilNs);
    if (request.type === 'renew') this.#reply(socket, { type: 'renewed', seq: request.seq });
    else void this.#show(socket, granted.hold);
  }

  async #show(socket: Socket, hold: Hold): Promise<void> {
    if (this.#waiting >= maxWaiting) {
      this.#expel(socket, `${maxWaiting} requests wait for the lines`);
      return;
    }
    this.#waiting++;
    try {
      const atNs = await this.#lamp.show(hold.state);
      if (atNs === null) {
        const message = `a later state overtook ${hold.state}`;
        this.#reply(socket, { type: 'refused', seq: hold.seq, reason: 'overtaken', message });
        return;
      }
      if (hold.cup !== null) this.#remember({ cup: hold.cup, state: hold.state, atNs });
      this.#reply(socket, { type: 'shown', seq: hold.seq, atNs });
    } catch (error) {
      const { message } = asCupcheckError(error);
      this.#reply(socket, { type: 'refused', seq: hold.seq, reason: 'lines', message });
      this.#darken(message);
    } finally {
      this.#waiting--;
    }
  }

  #remember(shown: ShownCup): void {
    const last = this.#recent.at(-1);
    if (last?.cup === shown.cup && last.state === shown.state) return;
    this.#recent.push(shown);
    if (this.#recent.length > recentCups) this.#recent.shift();
  }

  #expireAt(untilNs: bigint): void {
    this.#expiry.abort();
    this.#expiry = new AbortController();
    void this.#options.clock.until(untilNs, this.#expiry.signal).then(
      () => this.#darken('the lease ran out'),
      () => null, // renewed, or ended otherwise
    );
  }

  /** A station that talks nonsense holds nothing. */
  #expel(socket: Socket, message: string): void {
    this.#reply(socket, { type: 'refused', seq: 0, reason: 'malformed', message });
    this.#holder = null;
    socket.end();
    this.#darken(message);
  }

  #darken(why: string): void {
    this.#expiry.abort();
    this.#lease.drop();
    this.#options.log(`dark: ${why}`);
    this.#lamp.show('dark').catch((error: unknown) => this.#options.onBroken(asCupcheckError(error)));
  }

  #reply(socket: Socket, reply: LightReply): void {
    if (!socket.writable) return;
    socket.write(format(reply));
    if (socket.writableLength > maxUnread) {
      socket.destroy(new CupcheckError('LIGHT_LOST', 'the station does not read its replies'));
    }
  }
}

/** Listens on a socket that this process's user and group may open, and replaces the one of a dead process. */
async function listen(server: Server, path: string): Promise<void> {
  await clearStaleSocket(path);
  // The mode is given at the bind, by the umask: a chmod afterwards would leave a moment for anybody.
  const umask = process.umask(0o117);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening').catch((cause: unknown) => {
    throw socketFault(path, cause);
  });
}

import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { CupcheckError } from '../../errors.js';
import { Connection } from './connection.js';
import { writeLine } from './messages.js';
import { clearStaleSocket, giveToGroup, socketFault } from './socket-file.js';
import type { VerbTable } from './verb.js';

export const maxConnections = 16;

export interface ControlServerOptions {
  readonly socketPath: string;
  /** Its members may connect, beside the station's own user. */
  readonly group: string;
  readonly verbs: VerbTable;
  readonly log: Logger;
}

/**
 * The station's control socket: newline-delimited JSON. A request `{"id":1,"verb":"status","params":{}}` is answered by
 * `{"id":1,"ok":true,"result":…}` or `{"id":1,"ok":false,"error":{"code","message","help"}}`, perhaps after events
 * `{"id":1,"event":…}`. A connection stays open until all it asked is answered: closing it withdraws the requests.
 */
export class ControlServer {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly options: ControlServerOptions) {
    this.server = createServer((socket) => this.accept(socket));
  }

  /** Errors: ALREADY_RUNNING, SOCKET_FAULT. Resolves when callers can connect. */
  async start(): Promise<void> {
    const { socketPath, group, log } = this.options;
    await clearStaleSocket(socketPath);
    await this.listen(socketPath);
    const warning = await giveToGroup(socketPath, group);
    if (warning !== null) log.warn(warning);
    log.debug({ socketPath }, 'control socket open');
  }

  /** Closes the socket and every connection. Closing twice is harmless. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.server.close((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  private listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(socketFault(path, error));
      this.server.once('error', failed);
      // The file must never be open to all, not even until the next line: it is born with mode 0600.
      const before = process.umask(0o177);
      try {
        this.server.listen(path, () => {
          this.server.off('error', failed);
          this.server.on('error', (error) => this.options.log.warn({ err: error }, 'control socket'));
          resolve();
        });
      } finally {
        process.umask(before);
      }
    });
  }

  private accept(socket: Socket): void {
    if (this.sockets.size >= maxConnections) {
      const { code, message, help } = new CupcheckError('STATION_BUSY', `${maxConnections} callers are connected`);
      socket.on('error', () => socket.destroy());
      socket.end(writeLine({ id: null, ok: false, error: { code, message, help } }));
      socket.resume();
      return;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    new Connection(socket, this.options.verbs, this.options.log).open();
  }
}

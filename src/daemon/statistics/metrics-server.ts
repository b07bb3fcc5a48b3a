import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { contentType } from './exposition.js';

/** Loopback, and never anything else: who reads from afar goes through ssh or a proxy with a lock. */
const host = '127.0.0.1';
/** More than a scraper and two curious people need. */
const maxConnections = 8;
const maxHeaderBytes = 8192;
const requestMs = 5000;

export interface MetricsServerOptions {
  readonly port: number;
  /** The text of this moment; in memory, at once. */
  readonly read: () => string;
  readonly log: Logger;
}

/** Answers `GET /metrics` on the loopback, and nothing else. A cup never waits for it, and neither does the station's start. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  #error: Error | null = null;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#server = createServer(
      { maxHeaderSize: maxHeaderBytes, requestTimeout: requestMs, headersTimeout: requestMs, keepAlive: false },
      (request, response) => this.#answer(request, response),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on('error', (error) => {
      this.#error = error;
      this.#options.log.error({ err: error, port: options.port }, 'the metrics cannot be read');
    });
  }

  /** Why nobody can read them; `null` while all is well. */
  get error(): Error | null {
    return this.#error;
  }

  /** A port that is taken is told by `error` and the log: judging goes on without metrics. */
  async start(): Promise<void> {
    this.#server.listen(this.#options.port, host);
    await Promise.race([once(this.#server, 'listening'), once(this.#server, 'error')]).catch(() => null);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    // One question a connection: a reader that goes on sending a body, or holds on, keeps no place.
    response.setHeader('Connection', 'close');
    const path = request.url?.split('?')[0];
    if (path !== '/metrics') refuse(response, 404, 'only /metrics is here');
    else if (request.method !== 'GET') refuse(response.setHeader('Allow', 'GET'), 405, 'only GET is answered');
    else response.setHeader('Content-Type', contentType).end(this.#options.read());
  }
}

function refuse(response: ServerResponse, status: 404 | 405, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain' }).end(`${why}\n`);
}

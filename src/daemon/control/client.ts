import { connect, type Socket } from 'node:net';
import { CupcheckError } from '../../errors.js';
import { LineSplitter } from './line-splitter.js';
import { type ControlMessage, parseMessage, writeLine } from './messages.js';

/** A journal query or a watch can be long; a station that sends more on one line is not one. */
const maxAnswerBytes = 4_194_304;

export interface RequestOptions {
  /** Default 5000; `null` = as long as it takes. */
  readonly timeoutMs?: number | null;
  readonly onEvent?: (event: unknown) => void;
  /** Ends the request; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the station one thing and returns its answer. What the answer holds is the station's word, of type `T` by contract.
 * Errors: NO_DAEMON, SOCKET_DENIED, STATION_SILENT, and what the station answers.
 */
export async function askStation<T>(
  socketPath: string,
  verb: string,
  params: object = {},
  { timeoutMs = 5000, onEvent, signal }: RequestOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const socket = connect(socketPath);
  const ending = new AbortController();
  const timer =
    timeoutMs === null ? undefined : setTimeout(() => ending.abort(silent(socketPath, timeoutMs)), timeoutMs);
  const ends = signal === undefined ? ending.signal : AbortSignal.any([ending.signal, signal]);
  try {
    socket.write(writeLine({ id: 1, verb, params }));
    return (await answer(socket, socketPath, onEvent, ends)) as T;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function silent(socketPath: string, timeoutMs: number): CupcheckError {
  return new CupcheckError('STATION_SILENT', `the station at ${socketPath} did not answer within ${timeoutMs} ms`);
}

function answer(
  socket: Socket,
  socketPath: string,
  onEvent: RequestOptions['onEvent'],
  signal: AbortSignal,
): Promise<unknown> {
  const lines = new LineSplitter(maxAnswerBytes);
  return new Promise((resolve, reject) => {
    const take = (message: ControlMessage): void => {
      if ('event' in message) onEvent?.(message.event);
      else if (message.ok) resolve(message.result);
      else reject(new CupcheckError(message.error.code, message.error.message));
    };
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.on('error', (error: NodeJS.ErrnoException) => reject(unreachable(socketPath, error)));
    socket.on('close', () => reject(new CupcheckError('NO_DAEMON', 'the station closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      const complete = lines.push(chunk);
      if (complete === null) {
        reject(new CupcheckError('INTERNAL', `the station sent a line of more than ${maxAnswerBytes} bytes`));
        return;
      }
      try {
        for (const line of complete) take(parseMessage(line));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function unreachable(socketPath: string, cause: NodeJS.ErrnoException): CupcheckError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new CupcheckError('SOCKET_DENIED', `you may not use ${socketPath}`, { cause });
  }
  const why = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED' ? 'no station runs there' : cause.message;
  return new CupcheckError('NO_DAEMON', `${socketPath}: ${why}`, { cause });
}

import { CupcheckError, type ErrorCode, isErrorCode } from '../../errors.js';

/** One request: a JSON object on a line of its own. */
export interface ControlRequest {
  /** The caller's own; repeated in the answer. */
  readonly id: number | string;
  readonly verb: string;
  readonly params: unknown;
}

export interface ControlFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly help: string;
}

/** What the station sends, a line each. `event` comes any number of times before the answer of the same `id`. */
export type ControlMessage =
  | { readonly id: number | string; readonly event: unknown }
  | { readonly id: number | string; readonly ok: true; readonly result: unknown }
  /** `id` is null where the request had none that could be read. */
  | { readonly id: number | string | null; readonly ok: false; readonly error: ControlFailure };

export const maxRequestBytes = 65_536;

const isId = (value: unknown): value is number | string =>
  Number.isSafeInteger(value) || (typeof value === 'string' && value.length <= 64);

/** Errors: REQUEST_INVALID. */
export function parseRequest(line: string): ControlRequest {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (cause) {
    throw new CupcheckError('REQUEST_INVALID', `the request is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new CupcheckError('REQUEST_INVALID', 'the request is not a JSON object');
  }
  const { id, verb, params = {} } = request as Record<string, unknown>;
  if (!isId(id)) throw new CupcheckError('REQUEST_INVALID', 'id must be a whole number or a text of up to 64 letters');
  if (typeof verb !== 'string') throw new CupcheckError('REQUEST_INVALID', 'verb must be a text');
  return { id, verb, params };
}

/** One line; nanoseconds (bigint) become decimal strings. */
export function writeLine(message: object): string {
  const text = JSON.stringify(message, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return `${text}\n`;
}

/** Errors: INTERNAL, when the line is not of a station. */
export function parseMessage(line: string): ControlMessage {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch (cause) {
    throw new CupcheckError('INTERNAL', 'the station sent a line that is not JSON', { cause });
  }
  const { id, event, ok, error } = (message ?? {}) as Record<string, unknown>;
  if ((isId(id) && (event !== undefined || ok === true)) || (ok === false && isFailure(error))) {
    return message as ControlMessage;
  }
  throw new CupcheckError('INTERNAL', 'the station sent a line that is neither an answer nor an event');
}

function isFailure(value: unknown): value is ControlFailure {
  if (typeof value !== 'object' || value === null) return false;
  const { code, message, help } = value as Record<string, unknown>;
  return isErrorCode(code) && typeof message === 'string' && typeof help === 'string';
}

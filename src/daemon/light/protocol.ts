import { CupcheckError } from '../../errors.js';
import type { LightState } from '../ports.js';
import type { Hold, Refusal } from './lease.js';

/**
 * What the station and the light process say to each other over the unix socket: one JSON object a line.
 * Nanoseconds are decimal strings. Every request carries a number, `seq`, that grows; the reply repeats it.
 *
 * station: hold (a new state, until a moment) | renew (prolong that hold) | recent
 * light:   hello, once | shown | renewed | recent | refused
 */
export type LightRequest =
  | ({ readonly type: 'hold' } & Hold)
  | { readonly type: 'renew'; readonly seq: number; readonly hold: number; readonly untilNs: bigint }
  | { readonly type: 'recent'; readonly seq: number };

/** A cup that was shown, and when. */
export interface ShownCup {
  readonly cup: string;
  readonly state: LightState;
  readonly atNs: bigint;
}

/** Why a request was refused: the lease's reasons, the socket's, and the lines'. */
export type RefusalReason = Refusal | 'busy' | 'malformed' | 'overtaken' | 'lines';

export type LightReply =
  | { readonly type: 'hello'; readonly maxLeaseMs: number }
  | { readonly type: 'shown'; readonly seq: number; readonly atNs: bigint }
  | { readonly type: 'renewed'; readonly seq: number }
  | { readonly type: 'recent'; readonly seq: number; readonly cups: readonly ShownCup[] }
  | { readonly type: 'refused'; readonly seq: number; readonly reason: RefusalReason; readonly message: string };

/** The longest line that the light process reads, and the longest that it sends (`recent`: 256 cups). */
export const requestBytes = 1024;
export const replyBytes = 65_536;
/** The longest id of a cup. */
export const cupChars = 64;

const states: readonly LightState[] = ['dark', 'green', 'amber', 'fault'];
const refusals: readonly RefusalReason[] = [
  'past',
  'too_long',
  'stale',
  'expired',
  'busy',
  'malformed',
  'overtaken',
  'lines',
];

export function format(message: LightRequest | LightReply): string {
  return `${JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`;
}

/** Errors: REQUEST_INVALID. */
export function parseRequest(line: string): LightRequest {
  const fields = object(line);
  const seq = whole(fields, 'seq', 1);
  switch (fields.type) {
    case 'hold': {
      const state = oneOf(fields, 'state', states);
      const cup = fields.cup === null ? null : text(fields, 'cup');
      if (state === 'green' && cup === null) throw invalid('a green needs the id of its cup', fields.cup);
      return { type: 'hold', seq, state, cup, untilNs: nanoseconds(fields, 'untilNs') };
    }
    case 'renew':
      return { type: 'renew', seq, hold: whole(fields, 'hold', 1), untilNs: nanoseconds(fields, 'untilNs') };
    case 'recent':
      return { type: 'recent', seq };
    default:
      throw invalid('type must be hold, renew or recent', fields.type);
  }
}

/** Errors: REQUEST_INVALID. */
export function parseReply(line: string): LightReply {
  const fields = object(line);
  if (fields.type === 'hello') return { type: 'hello', maxLeaseMs: whole(fields, 'maxLeaseMs', 1) };
  const seq = whole(fields, 'seq', 0);
  switch (fields.type) {
    case 'shown':
      return { type: 'shown', seq, atNs: nanoseconds(fields, 'atNs') };
    case 'renewed':
      return { type: 'renewed', seq };
    case 'recent': {
      if (!Array.isArray(fields.cups)) throw invalid('cups must be a list', fields.cups);
      return { type: 'recent', seq, cups: fields.cups.map(shownCup) };
    }
    case 'refused':
      return { type: 'refused', seq, reason: oneOf(fields, 'reason', refusals), message: String(fields.message) };
    default:
      throw invalid('type is unknown', fields.type);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function shownCup(value: unknown): ShownCup {
  const fields = record(value);
  return { cup: text(fields, 'cup'), state: oneOf(fields, 'state', states), atNs: nanoseconds(fields, 'atNs') };
}

function object(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new CupcheckError('REQUEST_INVALID', `the line is not JSON: ${line.slice(0, 80)}`, { cause });
  }
  return record(value);
}

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('the message must be an object', value);
  }
  return value as Fields;
}

function whole(fields: Fields, name: string, least: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`${name} must be a whole number from ${least}`, value);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= cupChars) return value;
  throw invalid(`${name} must be a text of 1 to ${cupChars} characters`, value);
}

/** 19 digits hold 292 years. */
function nanoseconds(fields: Fields, name: string): bigint {
  const value = fields[name];
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) return BigInt(value);
  throw invalid(`${name} must be nanoseconds as a decimal string`, value);
}

function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw invalid(`${name} must be one of ${allowed.join(', ')}`, value);
  return found;
}

function invalid(wanted: string, given: unknown): CupcheckError {
  return new CupcheckError('REQUEST_INVALID', `${wanted}; given: ${JSON.stringify(given)?.slice(0, 80)}`);
}

import { asCupcheckError, type ErrorCode } from '../../errors.js';

/**
 * `warn`: told, and cups are judged. `failed`: cups are amber. `absent`: this station has nothing of the kind, and the detail says what it
 * would take. `not_looked`: it could not be looked at this time; what was found of it before stands.
 */
export type PartState = 'ok' | 'warn' | 'failed' | 'absent' | 'not_looked';

/** What the self-test found of one part of the station. */
export interface PartFinding {
  readonly part: PartName;
  readonly state: PartState;
  /** What was seen, with its value. */
  readonly detail: string;
  /** What to do; `null` where there is nothing to do. */
  readonly help: string | null;
}

export const partNames = [
  'exposure',
  'empty cup',
  'lamp',
  'camera place',
  'lens',
  'dark frame',
  'trigger loop-back',
  'light loop-back',
] as const;
export type PartName = (typeof partNames)[number];

/** Looks at some parts of a station in which no cup is in progress. It throws nothing but the signal's reason. */
export type PartCheck = (signal: AbortSignal) => Promise<readonly PartFinding[]>;

export const finding = (part: PartName, state: PartState, detail: string, help: string | null = null): PartFinding => ({
  part,
  state,
  detail,
  help,
});

/** What the self-test itself must have; other devices tell of themselves, and the station is in fault while they are gone. */
const ownErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['GPIO_FAULT', 'CALIBRATION_INVALID']);

/** An error in the place of a finding. */
export function byError(part: PartName, thrown: unknown): PartFinding {
  const { code, message, help } = asCupcheckError(thrown);
  return finding(part, ownErrors.has(code) ? 'failed' : 'not_looked', message, help);
}

/** Told by a picture of the empty cup; without one in the calibration the station has none of these. */
const byEmptyCup: ReadonlySet<PartName> = new Set<PartName>(['lamp', 'camera place', 'lens']);

/** What failed before and could not be looked at now has failed still: a cup in the way mends nothing. */
export function withUnresolved(now: readonly PartFinding[], before: readonly PartFinding[]): readonly PartFinding[] {
  const decided = new Set(now.filter(({ state }) => state !== 'not_looked').map(({ part }) => part));
  const isDecided = (part: PartName) => decided.has(part) || (byEmptyCup.has(part) && decided.has('empty cup'));
  const unresolved = before.filter(({ part, state }) => state === 'failed' && !isDecided(part));
  const kept = new Set(unresolved.map(({ part }) => part));
  return [...now.filter(({ part }) => !kept.has(part)), ...unresolved];
}

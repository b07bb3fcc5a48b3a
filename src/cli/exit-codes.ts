import type { CupcheckError, ErrorCode } from '../errors.js';

/** What the command line ends with; scripts rely on it. docs/cli.md is generated from it. */
export const exitCodes = {
  done: { code: 0, means: 'done; the cup is green; every check passed' },
  amber: { code: 1, means: 'the cup is amber; a check failed; the station is not ready' },
  badInput: { code: 2, means: 'wrong usage or bad input: nothing was changed' },
  noDaemon: { code: 3, means: 'the station does not run, does not answer, or may not be reached' },
  internal: { code: 4, means: 'a defect: report it' },
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code'];
export const done = exitCodes.done.code;
export const amber = exitCodes.amber.code;
export const badInput = exitCodes.badInput.code;

const exceptions: Partial<Record<ErrorCode, ExitCode>> = {
  NO_DAEMON: exitCodes.noDaemon.code,
  SOCKET_DENIED: exitCodes.noDaemon.code,
  STATION_SILENT: exitCodes.noDaemon.code,
  // A picture or file that a person gave is bad input, whatever it means at a station.
  PICTURE_CORRUPT: badInput,
  PICTURE_GONE: amber,
  // The check that failed is the candidate's.
  BUNDLE_REJECTED: amber,
  MODEL_NOT_READY: amber,
  STORAGE_FAULT: amber,
  CAMERA_GONE: amber,
  TRIGGER_LOST: amber,
  LIGHT_LOST: amber,
};

/** The exit code of a command that failed with `error`. */
export function exitCodeOf(error: CupcheckError): ExitCode {
  const exception = exceptions[error.code];
  if (exception !== undefined) return exception;
  const { consequence } = error;
  if (consequence.kind !== 'amber') return badInput;
  return consequence.reason === 'internal_error' ? exitCodes.internal.code : amber;
}

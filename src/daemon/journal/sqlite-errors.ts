import Database from 'better-sqlite3';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { WorkerError } from './protocol.js';

/** SQLite's result codes that blame us and not the disk. */
const ours = /^SQLITE_(CONSTRAINT|MISUSE|RANGE|MISMATCH|ERROR)/;

/** Any error of the journal as one with a code: STORAGE_FAULT for the disk's, INTERNAL for our own. */
export function journalError(thrown: unknown, doing: string): CupcheckError {
  if (thrown instanceof Database.SqliteError) {
    const code = ours.test(thrown.code) ? 'INTERNAL' : 'STORAGE_FAULT';
    return new CupcheckError(code, `${doing}: ${thrown.message} (${thrown.code})`, { cause: thrown });
  }
  if (thrown instanceof Error && 'errno' in thrown) {
    return new CupcheckError('STORAGE_FAULT', `${doing}: ${thrown.message}`, { cause: thrown });
  }
  return asCupcheckError(thrown);
}

export function packError(thrown: unknown, doing: string): WorkerError {
  const error = journalError(thrown, doing);
  const sqlite = error.cause instanceof Database.SqliteError ? error.cause.code : null;
  return { code: error.code, message: error.message, sqlite };
}

export function unpackError(error: WorkerError): CupcheckError {
  const cause = error.sqlite === null ? undefined : { cause: new Error(error.sqlite) };
  return new CupcheckError(error.code, error.message, cause);
}

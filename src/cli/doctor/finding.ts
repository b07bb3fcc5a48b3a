import type { Finding } from '../../daemon/control/station-verbs.js';
import { asCupcheckError } from '../../errors.js';

export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail, help: null });
export const warn = (check: string, detail: string, help: string): Finding => ({ check, state: 'warn', detail, help });
export const fail = (check: string, detail: string, help: string): Finding => ({ check, state: 'fail', detail, help });

/** What `work` finds; an error of it is a failed check that says what to do. */
export async function checked(check: string, work: () => Promise<Finding | readonly Finding[]>): Promise<Finding[]> {
  try {
    return [await work()].flat();
  } catch (thrown) {
    return [failed(check, thrown)];
  }
}

/** An error as a check that failed. */
export function failed(check: string, thrown: unknown): Finding {
  const { message, help } = asCupcheckError(thrown);
  return fail(check, message, help);
}

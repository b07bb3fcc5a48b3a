import { fail } from '../../daemon/control/finding.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { asCupcheckError } from '../../errors.js';

export { fail, ok, warn } from '../../daemon/control/finding.js';

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

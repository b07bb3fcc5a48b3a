import { userInfo } from 'node:os';
import { CupcheckError } from '../../errors.js';

/** Who does something: who was named, else the user. Errors: USAGE. */
export function personOf(by: string | undefined): string {
  const who = by ?? userInfo().username;
  if (who.trim() !== '' && who.length <= 200 && !/\p{Cc}/u.test(who)) return who;
  throw new CupcheckError('USAGE', '--by is a name of 1 to 200 printable characters');
}

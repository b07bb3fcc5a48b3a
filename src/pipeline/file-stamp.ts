import { type FreshStamp, proveFresh } from './frame.js';

/**
 * The stamp of a picture that was read from a file: the moment of reading. It lets the policy say "green" about a file;
 * no light can be lit by it, since that takes the receipt of a journal row as well.
 */
export function fileStamp(): FreshStamp {
  const now = process.hrtime.bigint();
  const stamp = proveFresh({ seq: 0, exposedNs: now }, now - 1n);
  if (stamp === null) throw new Error('a moment is later than the one before it');
  return stamp;
}

import type { Result } from '../../daemon/result.js';
import { findPicture } from '../kept-picture.js';
import type { LeftOut, Part } from './part.js';

const mostBytesEach = 8 * 2 ** 20;
const mostBytesTogether = 48 * 2 ** 20;

/** The kept pictures of cups, the newest first, as many as the limits let through. */
export async function amberPictures(
  folder: string,
  ambers: readonly Result[],
  signal: AbortSignal,
  mostBytes = mostBytesTogether,
): Promise<{ readonly parts: readonly Part[]; readonly leftOut: readonly LeftOut[] }> {
  const parts: Part[] = [];
  const leftOut: LeftOut[] = [];
  let bytes = 0;
  for (const amber of ambers.toReversed()) {
    signal.throwIfAborted();
    const what = `the picture of cup ${amber.seq}`;
    const found = await findPicture(folder, amber);
    if (found.kind !== 'there') {
      leftOut.push({ what, why: found.why });
    } else if (found.jpeg.length > mostBytesEach) {
      leftOut.push({ what, why: `it has ${found.jpeg.length} bytes, the limit is ${mostBytesEach}` });
    } else if (bytes + found.jpeg.length > mostBytes) {
      leftOut.push({ what, why: `pictures may have ${mostBytes} bytes together` });
    } else {
      bytes += found.jpeg.length;
      parts.push({ name: `cup-${amber.seq}.jpg`, what, limitBytes: mostBytesEach, bytes: found.jpeg });
    }
  }
  return { parts, leftOut };
}

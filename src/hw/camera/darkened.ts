import { decodeJpeg, encodeJpeg } from '../../native/jpeg.js';

/** What is left of the light, so that a little noise remains and the picture is not simply black. */
const leftOver = 0.04;

const made = new WeakMap<Uint8Array, Buffer>();

/** The same JPEG as with the lamp out. Made once for each picture. Errors: as decodeJpeg. */
export function darkened(jpeg: Uint8Array): Buffer {
  const known = made.get(jpeg);
  if (known !== undefined) return known;
  const picture = decodeJpeg(jpeg);
  const dark = encodeJpeg({ ...picture, data: picture.data.map((value) => Math.round(value * leftOver)) }, 90);
  made.set(jpeg, dark);
  return dark;
}

// The same crops as a user of sharp cuts them: extract and resize a box, then normalise in JavaScript.
import sharp from 'sharp';

async function cutOne({ data, width, height }, [left, top, boxWidth, boxHeight], { side, kernel }) {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: boxWidth, height: boxHeight })
    .resize(side, side, { fit: 'fill', kernel })
    .raw()
    .toBuffer();
}

/** Interleaved bytes to planes of (pixel − mean) / std. */
export function normalise(pixels, out, offset, { mean, std }) {
  const plane = pixels.length / 3;
  const scale = 1 / std;
  for (let at = 0, pixel = 0; pixel < plane; pixel++, at += 3) {
    out[offset + pixel] = (pixels[at] - mean) * scale;
    out[offset + plane + pixel] = (pixels[at + 1] - mean) * scale;
    out[offset + 2 * plane + pixel] = (pixels[at + 2] - mean) * scale;
  }
}

/** @param threads 1: one box after the other, libvips with one thread. 0: all at once, with all threads. */
export async function sharpCrops(frame, boxes, options, threads, out) {
  sharp.concurrency(threads);
  const floats = 3 * options.side ** 2;
  const put = (pixels, index) => normalise(pixels, out, index * floats, options);
  if (threads === 1) for (const [index, box] of boxes.entries()) put(await cutOne(frame, box, options), index);
  else await Promise.all(boxes.map(async (box, index) => put(await cutOne(frame, box, options), index)));
  return out;
}

// The frame of the measurements: a demo cup enlarged to 1080p, and boxes on it. The same bytes in every run.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

export const demoFolder = fileURLToPath(new URL('../models/demo', import.meta.url));
const cup = `${demoFolder}/04-keys-penny.jpg`;
const [width, height] = [1920, 1080];

/** 1080p, interleaved RGB, rows not padded. */
export async function frame1080() {
  const data = await sharp(readFileSync(cup)).resize(width, height, { fit: 'cover' }).raw().toBuffer();
  return { data, width, height, stride: width * 3, format: 'rgb' };
}

export const jpeg960 = () => readFileSync(cup);

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Squares of 150 to 260 whole pixels within the frame: x, y, width, height. */
export function boxesOn({ width, height }, count) {
  const next = numbers(7);
  return Array.from({ length: count }, () => {
    const side = 150 + Math.floor(next() * 111);
    return [Math.floor(next() * (width - side)), Math.floor(next() * (height - side)), side, side];
  });
}

// Ten 128×128 crops from a 1080p RGB frame as N×3×128×128 floats, by cropResize and by sharp, and on demand again: a line
// of milliseconds for each "run" read from stdin. compare.py asks, so that every way is measured in turns.
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { cropResize } from '../../dist/native/crop-resize.js';

const [frameFile, boxesFile] = process.argv.slice(2);
const { width, height, boxes, side, mean, std } = JSON.parse(readFileSync(boxesFile, 'utf8'));
const data = readFileSync(frameFile);
const frame = { width, height, format: 'rgb', stride: width * 3, data };
sharp.concurrency(1);
sharp.cache(false);

const plane = side * side;
const out = new Float32Array(boxes.length * 3 * plane);
const flat = Float32Array.from(boxes.flat());
const angle = 0.3;
const turned = Float32Array.from(boxes.flatMap(([x, y, w, h]) => [x + w / 2, y + h / 2, w, h, angle]));
const options = { width: side, height: side, mean, std, fill: mean, channels: 3 };

async function bySharp() {
  for (const [index, [left, top, w, h]] of boxes.entries()) {
    const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
      .extract({ left, top, width: w, height: h })
      .resize(side, side, { fit: 'fill' })
      .raw()
      .toBuffer();
    const base = index * 3 * plane;
    for (let i = 0; i < plane; i++)
      for (let c = 0; c < 3; c++) out[base + c * plane + i] = (pixels[3 * i + c] - mean) / std;
  }
}

const ways = {
  cropResize: () => cropResize(frame, flat, options, out),
  'cropResize, scalar path': () => cropResize(frame, flat, { ...options, path: 'scalar' }, out),
  'cropResize, rotated': () => cropResize(frame, turned, { ...options, rotated: true }, out),
  'writing the floats alone': () => out.fill(0.5),
  sharp: bySharp,
};

for await (const _ of createInterface({ input: process.stdin })) {
  const times = {};
  for (const [name, way] of Object.entries(ways)) {
    // Once unmeasured, so that nobody pays for what the way before him left in the caches.
    await way();
    const start = performance.now();
    await way();
    times[name] = performance.now() - start;
  }
  console.log(JSON.stringify(times));
}

// Ten crops out of a 1080p frame, as one normalised tensor: ours, sharp, OpenCV, and the writing of the bytes alone.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as native from '../../dist/native/crop-resize.js';
import { boxesOn, frame1080 } from '../frame.mjs';
import { sharpCrops } from '../peers/sharp-crops.mjs';
import { interleave, ratio, spread, timeAsync, timeSync } from '../rounds.mjs';

const shape = { side: 128, mean: 127.5, std: 127.5 };
const count = 10;
/** OpenCV rounds a resized value to a byte before it is normalised, we do not: half a level of 255, and a little for float32. */
const sameFilterTolerance = 0.51;
/** Another filter gives other values on the same pixels; other pixels (a shifted box, swapped colours) give far more. */
const otherFilterTolerance = 1.5;

/** Differences of two tensors in levels of 255. */
function difference(a, b) {
  let most = 0;
  let sum = 0;
  for (let at = 0; at < a.length; at++) {
    const levels = Math.abs(a[at] - b[at]) * shape.std;
    if (levels > most) most = levels;
    sum += levels;
  }
  return { mostLevels: most, meanLevels: sum / a.length };
}

function check(name, found, limit, key) {
  if (!(found[key] <= limit))
    throw new Error(`${name}: ${key} is ${found[key]}, allowed ${limit}: the crops are not the same`);
  return { ...found, limit: { [key]: limit } };
}

/** Each thread gets its part of the boxes, and its part of the tensor. */
async function onAllThreads(frame, flat, options, tensor) {
  const parts = Math.min(availableParallelism(), count);
  const floats = tensor.length / count;
  const edge = (part) => Math.round((count * part) / parts);
  await Promise.all(
    Array.from({ length: parts }, (_, part) => {
      const [from, to] = [edge(part), edge(part + 1)];
      const own = tensor.subarray(from * floats, to * floats);
      return native.cropResizeAsync(frame, flat.subarray(4 * from, 4 * to), options, own);
    }),
  );
  return tensor;
}

function contestants(frame, flat, boxes, opencv, repeats) {
  const tensor = new Float32Array(count * 3 * shape.side ** 2);
  const { side, mean, std } = shape;
  const options = { width: side, height: side, mean, std, fill: 0, channels: 3 };
  const crop = () => native.cropResize(frame, flat, options, tensor) ?? tensor;
  let level = 0;
  const list = [
    { name: 'cupcheck', threads: 1, once: async () => crop(), run: async () => timeSync(repeats, crop) },
    {
      name: 'write',
      threads: 1,
      run: async () => timeSync(repeats * 4, () => tensor.fill((level += 0.001))),
    },
  ];
  if (native.cropResizeAsync !== undefined) {
    const cropAll = () => onAllThreads(frame, flat, options, tensor);
    list.push({
      name: 'cupcheck, all threads',
      threads: 0,
      once: cropAll,
      run: () => timeAsync(repeats, cropAll),
    });
  }
  for (const [threads, label] of [
    [1, ''],
    [0, ', all threads'],
  ])
    for (const kernel of ['lanczos3', 'linear']) {
      const crop = () => sharpCrops(frame, boxes, { ...shape, kernel }, threads, tensor);
      const name = `sharp ${kernel}${label}`;
      list.push({ name, threads, once: crop, run: () => timeAsync(Math.ceil(repeats / 5), crop) });
    }
  if (opencv === null) return list;
  for (const [threads, label] of [
    [1, ''],
    [0, ', all threads'],
  ])
    for (const filter of ['area', 'bilinear']) {
      const ask = (times, out) => opencv.ask('crops', { ...shape, boxes, filter, threads, repeats: times, out });
      list.push({
        name: `OpenCV ${filter}${label}`,
        threads,
        once: async (folder) => {
          const file = join(folder, 'blob');
          await ask(1, file);
          const bytes = readFileSync(file);
          return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
        },
        run: async () => (await ask(Math.ceil(repeats / 2))).ms,
      });
    }
  return list;
}

/** Each contestant's tensor against ours, before anything is timed. */
async function checks(list, folder) {
  const [own, ...others] = list.filter(({ once }) => once !== undefined);
  const mine = Float32Array.from(await own.once(folder));
  const found = {};
  for (const { name, once } of others) {
    const theirs = difference(await once(folder), mine);
    const sameFilter = name.startsWith('OpenCV area') || name.startsWith('cupcheck');
    found[name] = sameFilter
      ? check(name, theirs, sameFilterTolerance, 'mostLevels')
      : check(name, theirs, otherFilterTolerance, 'meanLevels');
  }
  return found;
}

export async function crops({ opencv, rounds, repeats }) {
  const frame = await frame1080();
  const boxes = boxesOn(frame, count);
  const folder = mkdtempSync(join(tmpdir(), 'cupcheck-bench-'));
  try {
    if (opencv !== null) {
      const path = join(folder, 'frame');
      writeFileSync(path, frame.data);
      await opencv.ask('load_frame', { path, width: frame.width, height: frame.height });
    }
    const list = contestants(frame, Float32Array.from(boxes.flat()), boxes, opencv, repeats);
    const equal = await checks(list, folder);
    const ms = await interleave(list, { rounds });
    const rows = list.map(({ name, threads }) => ({
      name,
      threads,
      ms: spread(ms[name]),
      timesOurs: name === 'cupcheck' ? null : ratio(ms['cupcheck'], ms[name]),
    }));
    const bindingMs = opencv === null ? null : (await opencv.ask('binding', { boxes: count, repeats: 200 })).ms;
    return { count, ...shape, boxes, frame: [frame.width, frame.height], rounds, equal, rows, bindingMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

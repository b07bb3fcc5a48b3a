// JPEG to pixels: whole, at half and a quarter of each side, and grey; ours, sharp, OpenCV.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { decodeJpeg, encodeJpeg } from '../../dist/native/jpeg.js';
import { frame1080, jpeg960 } from '../frame.mjs';
import { interleave, ratio, spread, timeAsync, timeSync } from '../rounds.mjs';

/**
 * What each read is in our words, how sharp does it, and how far its pixels may lie from ours, in levels of 255 on average.
 * Whole pictures come from the same library in each; sharp shrinks in its own ways, and weighs grey in linear light.
 */
const reads = {
  full: { ours: {}, sharp: (image) => image, sharpLevels: 0.5 },
  half: { ours: { scale: 2 }, sharp: (image, picture) => shrunk(image, picture, 2), sharpLevels: 3 },
  quarter: { ours: { scale: 4 }, sharp: (image, picture) => shrunk(image, picture, 4), sharpLevels: 3 },
  grey: { ours: { format: 'grey' }, sharp: (image) => image.greyscale(), sharpLevels: 5 },
};
/** OpenCV reads with libjpeg-turbo's own scaling and luma, as we do. */
const openCvLevels = 0.5;

const shrunk = (image, { width, height }, by) =>
  image.resize(Math.ceil(width / by), Math.ceil(height / by), { fit: 'fill' });

function meanDifference(a, b) {
  if (a.length !== b.length) throw new Error(`decoded to ${a.length} and ${b.length} bytes`);
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at] - b[at]);
  return sum / a.length;
}

function contestants(picture, read, opencv, repeats) {
  const { bytes, path } = picture;
  const how = reads[read];
  const bySharp = () => how.sharp(sharp(bytes), picture).raw().toBuffer();
  const list = [
    {
      name: 'cupcheck',
      once: async () => decodeJpeg(bytes, how.ours).data,
      run: async () => timeSync(repeats, () => decodeJpeg(bytes, how.ours)),
    },
    { name: 'sharp', once: bySharp, run: () => timeAsync(repeats, bySharp) },
  ];
  if (opencv === null) return list;
  const ask = (times, out) => opencv.ask('decode', { path, read, threads: 1, repeats: times, out });
  list.push({
    name: 'OpenCV',
    once: async (folder) => {
      const file = join(folder, 'decoded');
      await ask(1, file);
      return readFileSync(file);
    },
    run: async () => (await ask(repeats)).ms,
  });
  return list;
}

async function compare(picture, read, opencv, folder, { rounds, repeats }) {
  const list = contestants(picture, read, opencv, repeats);
  const [own, ...others] = list;
  const mine = await own.once(folder);
  const equal = {};
  for (const { name, once } of others) {
    const meanLevels = meanDifference(await once(folder), mine);
    const limit = name === 'OpenCV' ? openCvLevels : reads[read].sharpLevels;
    if (!(meanLevels <= limit))
      throw new Error(`${name}, ${read}: pixels differ from ours by ${meanLevels} levels on average, allowed ${limit}`);
    equal[name] = { meanLevels, limit: { meanLevels: limit } };
  }
  const ms = await interleave(list, { rounds });
  return {
    picture: picture.name,
    read,
    equal,
    rows: list.map(({ name }) => ({
      name,
      ms: spread(ms[name]),
      timesOurs: name === 'cupcheck' ? null : ratio(ms['cupcheck'], ms[name]),
    })),
  };
}

/** One thread for everybody. */
export async function decode({ opencv, rounds, repeats }) {
  sharp.concurrency(1);
  const folder = mkdtempSync(join(tmpdir(), 'cupcheck-bench-'));
  try {
    const pictures = [
      { name: '1280×960', width: 1280, height: 960, bytes: jpeg960() },
      { name: '1920×1080', width: 1920, height: 1080, bytes: encodeJpeg(await frame1080(), 90) },
    ].map((picture, index) => ({ ...picture, path: join(folder, `${index}.jpg`) }));
    const cases = [];
    for (const picture of pictures) {
      writeFileSync(picture.path, picture.bytes);
      for (const read of Object.keys(reads))
        cases.push(await compare(picture, read, opencv, folder, { rounds, repeats }));
    }
    return { rounds, pictures: pictures.map(({ name, bytes }) => ({ name, bytes: bytes.length })), cases };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

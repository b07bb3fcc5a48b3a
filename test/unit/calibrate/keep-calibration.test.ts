import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calibrationAt, type CalibrationPlace } from '../../../src/cli/calibrate/calibration-place.js';
import { keepEmptyCup, keepScale } from '../../../src/cli/calibrate/keep-calibration.js';
import type { PictureFile } from '../../../src/cli/read-picture.js';
import { encodeJpeg } from '../../../src/native/jpeg.js';
import { loadCalibration } from '../../../src/pipeline/bundle/load-calibration.js';
import { parseCalibration } from '../../../src/pipeline/calibration.js';
import { draw } from '../../fixtures/drawing.js';

const picture = draw({ width: 320, height: 240, bottom: [90, 100, 110], items: [], grain: 20, seed: 3 });
const other = draw({ width: 320, height: 240, bottom: [90, 100, 110], items: [], grain: 20, seed: 4 });
const file = (of = picture): PictureFile => ({ picture: of, jpeg: encodeJpeg(of, 95) });
const coin = { by: 'coin', seen: 1, spread: 0 } as const;
const at = new Date('2026-11-24T12:00:00Z');
const later = new Date('2026-11-25T12:00:00Z');

let folder = '';
let path = '';
let place: CalibrationPlace;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-calibration-'));
  path = join(folder, 'deep', 'calibration.json');
  place = calibrationAt(path);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a kept calibration', () => {
  it('holds the scale, then the picture of the empty cup with its digest, light and detail', async () => {
    await keepScale(place, picture, 7.123456, coin, at);
    expect((await place.kept())?.calibration).toMatchObject({
      pxPerMm: 7.1235,
      reference: null,
      at: at.toISOString(),
      scale: coin,
    });
    const { jpeg } = file();
    const { calibration: kept } = await keepEmptyCup(place, file(), later);
    const sha256 = createHash('sha256').update(jpeg).digest('hex');
    expect(kept.empty).toMatchObject({ sha256, at: later.toISOString() });
    expect(kept.empty?.luma).toBeGreaterThan(80);
    expect(kept.empty?.relief).toBeGreaterThan(0.01);
    const loaded = await loadCalibration(path);
    expect(loaded.calibration).toEqual(kept);
    expect(loaded.referenceJpeg).toEqual(jpeg);
  });

  it('can be read by the station, whoever made it with whatever umask', async () => {
    const before = process.umask(0o077);
    try {
      await keepScale(place, picture, 7, coin, at);
      await keepEmptyCup(place, file(), at);
    } finally {
      process.umask(before);
    }
    const kept = readdirSync(dirname(path)).map((name) => join(dirname(path), name));
    expect(kept).toHaveLength(2);
    for (const each of kept) expect(statSync(each).mode & 0o777, each).toBe(0o644);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o755);
  });

  it('is the same when it is made twice, and leaves no old picture behind', async () => {
    await keepScale(place, picture, 7, coin, at);
    await keepEmptyCup(place, file(), at);
    const first = readFileSync(path, 'utf8');
    await keepScale(place, picture, 7, coin, at);
    await keepEmptyCup(place, file(), at);
    expect(readFileSync(path, 'utf8')).toBe(first);
    await keepEmptyCup(place, file(other), at);
    const { reference } = (await loadCalibration(path)).calibration;
    expect(new Set(readdirSync(join(folder, 'deep')))).toEqual(new Set(['calibration.json', reference]));
  });

  it('loses its picture where the new scale was measured at another size', async () => {
    await keepScale(place, picture, 7, coin, at);
    await keepEmptyCup(place, file(), at);
    const { calibration, dropped } = await keepScale(place, { width: 640, height: 480 }, 14, coin, later);
    expect(dropped).toBe(true);
    expect(calibration).toMatchObject({ reference: null, empty: null });
    expect(readdirSync(join(folder, 'deep'))).toEqual(['calibration.json']);
  });

  it('takes no picture before a scale, nor of another size', async () => {
    await expect(keepEmptyCup(place, file(), at)).rejects.toMatchObject({ code: 'CALIBRATION_FAILED' });
    await keepScale(place, { width: 640, height: 480 }, 7, coin, at);
    await expect(keepEmptyCup(place, file(), at)).rejects.toThrow(/320×240/);
  });

  it('is refused where its picture was changed or is gone', async () => {
    await keepScale(place, picture, 7, coin, at);
    const { reference } = (await keepEmptyCup(place, file(), at)).calibration;
    const picturePath = join(folder, 'deep', reference ?? '');
    appendFileSync(picturePath, ' ');
    await expect(loadCalibration(path)).rejects.toThrow(/SHA-256/);
    rmSync(picturePath);
    await expect(loadCalibration(path)).rejects.toMatchObject({ code: 'CALIBRATION_INVALID' });
  });

  it('is not overwritten where it is damaged', async () => {
    await keepScale(place, picture, 7, coin, at);
    writeFileSync(path, '{');
    await expect(keepScale(place, picture, 7, coin, at)).rejects.toMatchObject({ code: 'CALIBRATION_INVALID' });
    expect(readFileSync(path, 'utf8')).toBe('{');
  });
});

describe('a calibration file', () => {
  const good = {
    schema: 1,
    pxPerMm: 8,
    reference: 'empty.jpg',
    at: '2026-11-24T00:00:00Z',
    camera: { width: 1280, height: 960 },
    scale: coin,
    empty: { sha256: 'a'.repeat(64), at: '2026-11-24T00:00:00Z', luma: 90, highlight: 200, relief: 0.1 },
  };
  it('is read, also one that was written by hand', () => {
    expect(parseCalibration(JSON.stringify(good))).toEqual(good);
    const { scale: _scale, empty: _empty, ...byHand } = good;
    expect(parseCalibration(JSON.stringify(byHand))).toEqual({ ...byHand, scale: null, empty: null });
  });

  it.each([
    ['scale.by', { scale: { ...coin, by: 'guess' } }],
    ['scale.seen', { scale: { ...coin, seen: 0 } }],
    ['scale.spread', { scale: { ...coin, spread: -1 } }],
    ['scale', { scale: 'coin' }],
    ['empty.sha256', { empty: { ...good.empty, sha256: 'a' } }],
    ['empty.at', { empty: { ...good.empty, at: 'now' } }],
    ['empty.luma', { empty: { ...good.empty, luma: 256 } }],
    ['empty.relief', { empty: { ...good.empty, relief: '1' } }],
    ['reference', { reference: null }],
    ['reference', { reference: '../empty.jpg' }],
  ])('with a wrong %s is refused by name', (name, change) => {
    expect(() => parseCalibration(JSON.stringify({ ...good, ...change }))).toThrow(name);
  });
});

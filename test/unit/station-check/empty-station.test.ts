import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { compareAside } from '../../../src/daemon/station-check/compare-aside.js';
import { emptyStationCheck } from '../../../src/daemon/station-check/empty-station.js';
import { CupcheckError } from '../../../src/errors.js';
import { decodeJpeg, encodeJpeg } from '../../../src/native/jpeg.js';
import type { LoadedCalibration } from '../../../src/pipeline/bundle/load-calibration.js';
import type { Picture } from '../../../src/pipeline/frame.js';
import { dimmed, moved, smudged } from '../../fixtures/camera-faults.js';
import { compiled } from '../../fixtures/compiled.js';

// Each picture is compared on a thread of its own.
vi.setConfig({ testTimeout: 120_000 });

const never = new AbortController().signal;
const demo = (name: string) => readFileSync(new URL(`../../../models/demo/${name}`, import.meta.url));
const empty = demo('empty.jpg');
const worker = compiled('daemon/station-check/compare-worker.ts');
/** All over the lens. */
const film = { cx: 640, cy: 480, radiusPx: 5000, veil: 0 };
const calibrated = { referenceJpeg: empty } as unknown as LoadedCalibration;

const look = (frame: () => Promise<Uint8Array>, calibration: LoadedCalibration | null = calibrated) =>
  emptyStationCheck({
    calibration: () => Promise.resolve(calibration),
    frame,
    compare: (pictures, signal) => compareAside(pictures, signal, worker),
    zone: null,
  })(never);
const lookAt = (jpeg: Uint8Array) => look(() => Promise.resolve(jpeg));
const after = (fault: (picture: Picture) => Picture) => lookAt(encodeJpeg(fault(decodeJpeg(empty)), 92));
const states = async (found: ReturnType<typeof look>) => (await found).map(({ part, state }) => `${part} ${state}`);

it('finds the empty cup as it was', async () => {
  expect(await states(lookAt(empty))).toEqual(['exposure ok', 'lamp ok', 'camera place ok', 'lens ok']);
});

it('tells of a lamp that lost some, fails one that lost half, with the share', async () => {
  expect(await states(after((picture) => dimmed(picture, 0.7)))).toContain('lamp warn');
  const found = await after((picture) => dimmed(picture, 0.4));
  expect(found).toContainEqual(
    expect.objectContaining({
      part: 'lamp',
      state: 'failed',
      detail: expect.stringMatching(/^38 % of the light/),
    }),
  );
});

it('fails a camera that moved, and one that is out of focus', async () => {
  expect(await states(after((picture) => moved(picture, { dx: 4, dy: 0 })))).toContain('camera place failed');
  expect(await states(after((picture) => smudged(picture, { ...film, spreadPx: 6 })))).toContain('lens failed');
});

it('fails a black picture, whatever lies there, and one of another size', async () => {
  expect((await after((picture) => dimmed(picture, 0.002)))[0]).toMatchObject({
    part: 'exposure',
    state: 'failed',
    detail: expect.stringMatching(/^black: mean \d+ of 255/),
  });
  const { width, height, data } = decodeJpeg(empty);
  const half = { format: 'rgb', width, height: height / 2, stride: width * 3, data: data.subarray(0, data.length / 2) };
  expect(await states(lookAt(encodeJpeg(half as Picture, 92)))).toEqual(['exposure ok', 'camera place failed']);
});

it('with coins in the cup fails nothing, and without the cup says that nothing was compared', async () => {
  expect((await states(lookAt(demo('01-oak-mark.jpg')))).filter((state) => state.endsWith('failed'))).toEqual([]);
  const { width, height, data } = decodeJpeg(empty);
  const table = { format: 'rgb', width, height, stride: width * 3, data: new Uint8Array(data.length).fill(120) };
  expect(await states(lookAt(encodeJpeg(table as Picture, 92)))).toEqual(['exposure ok', 'empty cup not_looked']);
});

it('says where there is no calibration or no picture in it', async () => {
  const frame = () => Promise.reject(new Error('nobody asks the camera'));
  expect(await states(look(frame, null))).toEqual(['empty cup absent']);
  expect(await states(look(frame, { ...calibrated, referenceJpeg: null }))).toEqual(['empty cup absent']);
});

it('does not blame a part for a camera that is gone: that is a fault of its own', async () => {
  const found = await look(() => Promise.reject(new CupcheckError('CAMERA_GONE', 'it was unplugged')));
  expect(found).toMatchObject([{ part: 'exposure', state: 'not_looked', detail: 'it was unplugged' }]);
  expect(await states(lookAt(Buffer.from('no picture')))).toEqual(['exposure not_looked']);
});

it('ends with its signal', async () => {
  const ended = new AbortController();
  const looking = compareAside({ reference: empty, picture: empty, zone: null }, ended.signal, worker);
  ended.abort(new Error('the station stops'));
  await expect(looking).rejects.toThrow('the station stops');
});

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cameraOf,
  keepLatency,
  type LatencyFile,
  parseLatency,
  readLatency,
  stampLag,
} from '../../../src/daemon/latency/latency-file.js';
import type { OpenedDevice } from '../../../src/native/v4l2.js';

const device: OpenedDevice = {
  driver: 'uvcvideo',
  card: 'Camera',
  bus: 'usb-1',
  rate: 15,
  exposure: 'fixed',
  exposureNs: 12_000_000n,
};
const mode = { format: 'mjpeg', width: 1280, height: 960, fps: 15 } as const;
const kept: LatencyFile = {
  schema: 1,
  at: '2026-11-28T08:00:00.000Z',
  camera: cameraOf(device, mode),
  measured: { worstMs: 90.5, leastMs: 60, toggles: 24, cells: 300 },
};

describe('the lag of a stamp', () => {
  it('is what was measured, exposure and all', () => {
    expect(stampLag(device, mode, null, kept)).toEqual({ lagNs: 90_500_000n });
  });

  it('grows with the exposure, and does not shrink with it', () => {
    const lag = (exposureNs: bigint) => stampLag({ ...device, exposureNs }, mode, null, kept);
    expect(lag(20_000_000n)).toEqual({ lagNs: 98_500_000n });
    expect(lag(2_000_000n)).toEqual({ lagNs: 90_500_000n });
  });

  it('may be given by hand, with the exposure on top', () => {
    expect(stampLag(device, mode, 50, null)).toEqual({ lagNs: 62_000_000n });
    expect(stampLag({ ...device, exposure: 'unknown', exposureNs: 0n }, mode, 50, kept)).toEqual({
      lagNs: 50_000_000n,
    });
  });

  it.each([
    ['nothing was measured', device, mode, null, /is not measured/],
    ['another format', device, { ...mode, format: 'yuyv' as const }, kept, /with format mjpeg, the camera has yuyv/],
    ['another size', device, { ...mode, width: 640 }, kept, /width 1280/],
    ['another rate', device, { ...mode, fps: 30 }, kept, /fps 15/],
    ['another camera', { ...device, card: 'Other' }, mode, kept, /card Camera, the camera has Other/],
    [
      'an exposure that is not told any more',
      { ...device, exposure: 'unknown' as const },
      mode,
      kept,
      /told its exposure/,
    ],
  ])('is unknown: %s', (_why, opened, now, file, text) => {
    const lag = stampLag(opened, now, null, file);
    expect('unknown' in lag ? lag.unknown : lag).toMatch(text);
  });

  it('is unknown while the exposure is automatic, whatever was measured or given', () => {
    const lag = stampLag({ ...device, exposure: 'automatic', exposureNs: 0n }, mode, 50, kept);
    expect('unknown' in lag ? lag.unknown : lag).toMatch(/exposure is automatic: fix it/);
  });
});

describe('the file of the latency', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cupcheck-latency-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read as it was written, and none is none', async () => {
    const path = join(folder, 'camera-latency.json');
    expect(await readLatency(path)).toBeNull();
    await keepLatency(path, kept);
    expect(await readLatency(path)).toEqual(kept);
    // Root writes it, and the station is another user.
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it.each([
    ['{', /is not JSON/],
    ['[]', /it is no JSON object/],
    [JSON.stringify({ ...kept, schema: 2 }), /schema is 2, wanted 1/],
    [JSON.stringify({ ...kept, measured: { ...kept.measured, worstMs: -1 } }), /worstMs is -1, wanted 0 to/],
    [JSON.stringify({ ...kept, camera: { ...kept.camera, card: 7 } }), /card is 7, wanted a text/],
    [JSON.stringify({ ...kept, camera: undefined }), /camera is no JSON object/],
  ])('is refused where it is damaged: %s', async (text, message) => {
    const path = join(folder, 'camera-latency.json');
    writeFileSync(path, text);
    await expect(readLatency(path)).rejects.toThrow(message);
    expect(() => parseLatency(text, path)).toThrow(expect.objectContaining({ code: 'CALIBRATION_INVALID' }));
  });
});

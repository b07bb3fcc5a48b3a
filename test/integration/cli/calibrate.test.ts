import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/program.js';
import type { BundleState } from '../../../src/daemon/bundles/bundle-state.js';
import type { Calibration } from '../../../src/pipeline/calibration.js';
import { decodeJpeg, encodeJpeg } from '../../../src/native/jpeg.js';
import type { Picture } from '../../../src/pipeline/frame.js';
import { dimmed, moved, smudged } from '../../fixtures/camera-faults.js';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';
import { withTarget } from '../../fixtures/printed-target.js';

const empty = decodeJpeg(readFileSync(join(demoFolder, 'empty.jpg')));

async function cupcheck(
  station: LiveStation,
  ...words: string[]
): Promise<{ code: number; document: unknown; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    colour: false,
  };
  const code = await runCli([...words, '--json', '--config', station.configPath], terminal, {});
  return { code, document: JSON.parse(out[0] ?? 'null') as unknown, err: err.join('\n') };
}

let station: LiveStation;
afterEach(async () => {
  await station.stop();
});

/** A station whose camera sees the empty cup so. */
async function seeing(picture: Picture, calibration: string | null): Promise<void> {
  station = await LiveStation.start({ config: { calibration: { path: calibration } } });
  const path = join(station.folder, 'seen.jpg');
  writeFileSync(path, encodeJpeg(picture, 92));
  await station.stopCore();
  station.configure(undefined, {
    calibration: { path: calibration },
    camera: { driver: 'replay', fps: 60, replay: { empty: path } },
  });
  await station.startCore();
  await station.whenReady();
}

describe('calibrating by the camera of a running station', { timeout: 120_000 }, () => {
  it('measures a coin, a target and the empty cup, and keeps them in the state folder', async () => {
    await seeing(empty, null);
    const byTarget = join(station.folder, 'target.jpg');
    writeFileSync(byTarget, encodeJpeg(withTarget(empty, { cx: 630, cy: 470, pxPerMm: 8, turnDeg: 20 }), 92));
    const target = await cupcheck(station, 'calibrate', 'scale', '--target', byTarget);
    expect(target).toMatchObject({ code: 0, document: { before: null } });
    const { calibration } = target.document as { calibration: Calibration };
    expect(Math.abs(calibration.pxPerMm / 8 - 1)).toBeLessThan(0.001);

    await station.place(join(demoFolder, '01-oak-mark.jpg'));
    await station.untilStatus('the cup is shown', ({ state }) => state === 'showing');
    const coin = await station.until('the light is there', async () => {
      const taken = await cupcheck(station, 'calibrate', 'scale', '--design', 'oak-mark');
      return taken.code === 0 ? taken : null;
    });
    expect(coin.document).toMatchObject({
      before: calibration.pxPerMm,
      calibration: { scale: { by: 'coin', seen: 6 } },
    });
    const { pxPerMm } = (coin.document as { calibration: Calibration }).calibration;
    expect(Math.abs(pxPerMm / 8 - 1)).toBeLessThan(0.03);
    await station.remove();
    await station.whenReady();

    const kept = await cupcheck(station, 'calibrate', 'empty');
    expect(kept).toMatchObject({
      code: 0,
      document: { calibration: { pxPerMm, empty: { sha256: expect.any(String) as string } } },
    });
    const { path, calibration: now } = kept.document as { path: string; calibration: Calibration };
    const { reference } = now;
    expect(readFileSync(join(station.folder, 'state/calibration', reference ?? ''))).toEqual(
      readFileSync(join(station.folder, 'seen.jpg')),
    );
    const state = JSON.parse(readFileSync(join(station.folder, 'state/bundle-state.json'), 'utf8')) as BundleState;
    expect(path).toBe(join(station.folder, 'state/calibration', `${state.calibration}.json`));
    const { document } = await cupcheck(station, 'doctor');
    const { findings } = document as { findings: { check: string; state: string; detail: string }[] };
    expect(findings.find(({ check }) => check === 'calibration')).toMatchObject({
      state: 'ok',
      detail: `${pxPerMm} px per mm by coin, 1280×960, with the empty cup`,
    });
  });

  it('changes nothing where no coin or target is seen', async () => {
    await seeing(empty, null);
    for (const way of [['--target'], ['--coin', '24']]) {
      const refused = await cupcheck(station, 'calibrate', 'scale', ...way);
      expect(refused.code).toBe(2);
      expect(refused.document).toMatchObject({ error: { code: 'CALIBRATION_FAILED' } });
    }
    expect((await cupcheck(station, 'calibrate', 'scale', '--coin', '24', '--target')).code).toBe(2);
    expect(JSON.stringify((await cupcheck(station, 'calibrate', 'empty')).document)).toContain(
      'calibrate scale comes first',
    );
  });
});

describe('doctor at a running station', { timeout: 120_000 }, () => {
  const calibrated = join(demoFolder, 'calibration.json');
  const small = { ...empty, height: 480, data: empty.data.subarray(0, 480 * empty.stride) };
  it.each([
    ['as it was', (picture: Picture) => picture, []],
    ['under half its light', (picture: Picture) => dimmed(picture, 0.5), ['lamp']],
    [
      'through a dirty lens',
      (picture: Picture) => smudged(picture, { cx: 500, cy: 400, radiusPx: 150, spreadPx: 5, veil: 0.02 }),
      ['lens'],
    ],
    ['from elsewhere', (picture: Picture) => moved(picture, { dx: 5, dy: 3 }), ['camera place']],
    ['at another size', () => small, ['camera size']],
  ])('tells of an empty cup that is seen %s', async (_, fault, expected) => {
    await seeing(fault(empty), calibrated);
    const { document } = await cupcheck(station, 'doctor');
    const { findings } = document as { findings: { check: string; state: string }[] };
    const told = findings.filter(({ state }) => state !== 'ok').map(({ check }) => check);
    expect(
      told.filter((check) =>
        ['lamp', 'lens', 'camera place', 'camera size', 'empty cup', 'calibration'].includes(check),
      ),
    ).toEqual(expected);
  });

  it('tells once of a camera that is gone, and looks at no picture', async () => {
    await seeing(empty, calibrated);
    await station.camera('unplug');
    await station.untilStatus('the camera is gone', ({ camera }) => camera.state !== 'streaming');
    const { code, document } = await cupcheck(station, 'doctor');
    const { findings } = document as { findings: { check: string; state: string }[] };
    const failed = findings.filter(({ state }) => state === 'fail').map(({ check }) => check);
    expect({ code, failed }).toEqual({ code: 1, failed: ['station', 'camera fault', 'camera'] });
  });
});

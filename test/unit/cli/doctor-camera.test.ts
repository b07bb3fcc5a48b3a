import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { camera } from '../../../src/cli/doctor/camera.js';
import type { Config } from '../../../src/daemon/config/schema.js';
import type { StationStatus } from '../../../src/daemon/status.js';
import { systemClock } from '../../../src/daemon/system-clock.js';
import { CupcheckError } from '../../../src/errors.js';
import { V4l2Camera } from '../../../src/hw/camera/v4l2-camera.js';
import { FrameRing } from '../../../src/native/frame-ring.js';
import { type CallCapture, describeDevice } from '../../../src/native/v4l2.js';
import { callFake, fakeDevice, fakeV4l2, markedJpeg } from '../../fixtures/fake-v4l2.js';

const fixed = ['auto_exposure=Manual Mode', 'white_balance_automatic=false', 'gain=5'];
const asked = (v4l2: Partial<Config['camera']['v4l2']> = {}, driver = 'v4l2'): Pick<Config, 'camera'> => ({
  camera: {
    driver,
    fps: 30,
    slotBytes: 65_536,
    v4l2: {
      device: fakeDevice,
      format: 'mjpeg',
      width: 64,
      height: 64,
      controls: fixed,
      silenceMs: 500,
      latencyFile: '/nowhere/latency.json',
      latencyMs: 20,
      ...v4l2,
    },
  } as Config['camera'],
});
const stationWith = (state: string): StationStatus => ({ camera: { driver: 'v4l2', state } }) as StationStatus;
const found = async (
  config = asked(),
  status: StationStatus | null = null,
  call = callFake,
): Promise<readonly string[]> =>
  (await camera(config, status, call)).map(({ state, check, detail }) => `${state} ${check}: ${detail}`);

beforeEach(() => {
  fakeV4l2.fakePlug();
  fakeV4l2.fakeAutomaticExposure(false);
  fakeV4l2.fakeRun(100);
});
afterEach(() => fakeV4l2.fakeRun(0));

describe('doctor on a V4L2 camera', () => {
  it('asks for none that is simulated', async () => {
    expect(await found(asked({}, 'replay'))).toEqual([]);
  });

  it('opens it as the station would, up to a first frame, and lets go of it', async () => {
    expect(await found()).toEqual([
      'ok camera modes: Fake camera: mjpeg 1920×1080 at 30, 15 a second; 640×480 at 30, 15 a second; also YUYV, NV12, GREY',
      expect.stringMatching(
        /^ok camera: mjpeg 64×64 at 30 a second is taken, the first frame came after \d+ ms$/,
      ) as string,
      'ok camera controls: auto_exposure=Manual Mode, white_balance_automatic=false, gain=5: read back',
    ]);
    // The fake driver is held by one alone.
    expect(describeDevice(fakeDevice, callFake).card).toBe('Fake camera');
  });

  it('names what the camera steers by itself', async () => {
    const findings = await camera(asked({ controls: ['white_balance_automatic=1'] }), null, callFake);
    expect(findings).toContainEqual({
      check: 'camera controls',
      state: 'warn',
      detail: 'the camera steers by itself: white_balance_automatic',
      help: expect.stringContaining('[white_balance_automatic=0, …]') as string,
    });
  });

  it('names each control that there is not, and tries the others', async () => {
    const told = await found(asked({ controls: [...fixed, 'sharpness=3', 'zoom=1'] }));
    expect(told).toContainEqual(expect.stringMatching(/^ok camera: mjpeg/));
    expect(told.slice(2)).toEqual([
      'fail camera controls: Fake camera has no control sharpness',
      'fail camera controls: Fake camera has no control zoom',
    ]);
  });

  it('tells of a control that does not take', async () => {
    expect((await found(asked({ controls: [...fixed, 'focus_absolute=10'] }))).slice(1)).toEqual([
      expect.stringMatching(/^fail camera: .*focus_absolute was set to 10 and reads 40$/) as string,
      'warn camera controls: focus_absolute is to be 10 and reads 40',
    ]);
  });

  it('tells that no cup can be green while the latency is not known', async () => {
    expect(await found(asked({ latencyMs: null }))).toContainEqual(
      'fail latency: no cup can be green: the latency of the camera is not measured',
    );
  });

  it('leaves it to the station where that streams from it', async () => {
    expect(await found(asked(), stationWith('streaming'))).toEqual([
      'ok camera modes: the station has /dev/fake-camera and streams from it: it is not opened here',
    ]);
  });

  it('looks, and sets nothing, while the station tries to open it', async () => {
    await found();
    const told = await found(asked({ controls: ['gain=10'] }), stationWith('gone'));
    expect(told.slice(1)).toEqual(['warn camera controls: gain is to be 10 and reads 5']);
  });

  it('says that another program has it', async () => {
    const ring = FrameRing.create({ slots: 2, slotBytes: 65_536 });
    const { device, format, width, height, silenceMs } = asked().camera.v4l2;
    const mode = { device, format, width, height, fps: 30, controls: [], silenceMs };
    const other = new V4l2Camera({ ring, clock: systemClock, mode, lagOf: () => ({ lagNs: 0n }), call: callFake });
    const streams = new Promise<void>((resolve) => other.onState(() => resolve()));
    await other.start();
    await streams;
    expect(await camera(asked(), null, callFake)).toMatchObject([
      {
        check: 'camera',
        state: 'fail',
        detail: 'another program has /dev/fake-camera',
        help: expect.stringContaining('systemctl status cupcheck') as string,
      },
    ]);
    await other.stop();
    ring.close();
  });

  it('does not repeat that it is not there', async () => {
    fakeV4l2.fakeUnplug();
    expect(await found()).toEqual([]);
  });

  it('tells whoever asks that they may not open it', async () => {
    const cause = Object.assign(new Error('Permission denied'), { errno: 13 });
    const refuse: CallCapture = () => {
      throw new CupcheckError('CAMERA_SETUP', 'cannot be opened', { cause });
    };
    expect(await camera(asked(), null, refuse)).toMatchObject([
      { check: 'camera', state: 'warn', help: expect.stringContaining('sudo') as string },
    ]);
  });

  it('names the formats of a camera that lacks the configured one', async () => {
    const describe = { driver: 'd', card: 'Grey one', bus: 'b', controls: [] };
    const mode = { width: 640, height: 480, rates: [] };
    const modes = [
      { ...mode, format: 'YUYV' },
      { ...mode, format: 'GREY' },
    ];
    const call = ((of) => of({ ...fakeV4l2, describeDevice: () => ({ ...describe, modes }) })) as CallCapture;
    expect(await found(asked({ controls: [] }), stationWith('gone'), call)).toEqual([
      'fail camera modes: Grey one has no mjpeg (MJPG); it has YUYV, GREY',
      'ok camera controls: none is configured, and none steers by itself',
    ]);
    expect(await found(asked({ format: 'grey' }), stationWith('gone'), call)).toContain(
      'ok camera modes: Grey one: grey 640×480; also YUYV',
    );
  });

  it('tells of a camera that gives no frame, or broken ones alone', async () => {
    fakeV4l2.fakeRun(0);
    expect(await found()).toContainEqual(expect.stringMatching(/^fail camera: .*gave no frame for 500 ms$/));
    const cut = markedJpeg(1).subarray(0, 400);
    const feed = setInterval(() => fakeV4l2.fakePlay(cut, 0, null), 50);
    const told = await found();
    clearInterval(feed);
    expect(told).toContainEqual(
      expect.stringMatching(
        /^fail camera: .*gave no whole frame within 1500 ms: (\d+) frames came, \1 of them broken$/,
      ),
    );
  });
});

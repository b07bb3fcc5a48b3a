import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';

const cameraOnly = async (config: object = {}): Promise<LiveStation> => {
  const trigger = { driver: 'camera', debounceMs: 1, minGapMs: 0, camera: { everyMs: 40 } };
  const station = await LiveStation.start({ config: { trigger: { ...trigger, ...config } } });
  onTestFinished(() => station.stop());
  await station.whenReady();
  await station.order();
  return station;
};

it('a station with no sensor judges each cup that comes to rest, on frames after that, and goes dark when it is taken', async () => {
  const station = await cameraOnly();
  for (const picture of ['01-oak-mark.jpg', '02-harbour-2021.jpg', '14-shared-sides.jpg']) {
    const result = await station.cup(join(demoFolder, picture));
    expect(result).toMatchObject({ verdict: 'green', shown: { light: 'green' } });
    expect(BigInt(result.time.frame_ns ?? 0)).toBeGreaterThan(BigInt(result.time.trigger_ns));
    expect((await station.status()).light.shows).toBe('dark');
  }
});

it('a cup that takes the place of another without an empty moment is judged as another cup', async () => {
  const station = await cameraOnly();
  const [first] = await Promise.all([station.nextResult(), station.place(join(demoFolder, '01-oak-mark.jpg'))]);
  const [second] = await Promise.all([station.nextResult(), station.place(join(demoFolder, '06-heron-dollar.jpg'))]);
  expect(second.id).not.toBe(first.id);
  expect(BigInt(second.time.trigger_ns)).toBeGreaterThan(BigInt(first.time.trigger_ns));
});

it('a frozen camera blinds it: a fault, and the next cup is judged when it lives again', async () => {
  const station = await cameraOnly();
  await station.camera('freeze');
  const { faults } = await station.untilStatus('it is in fault', ({ state }) => state === 'fault');
  expect(faults).toMatchObject([{ source: 'trigger', message: expect.stringContaining('nothing new') as string }]);
  await station.camera('normal');
  await station.whenReady();
  expect(await station.cup()).toMatchObject({ verdict: 'green' });
});

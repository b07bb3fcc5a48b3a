import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TriggerEvent } from '../../../src/daemon/ports.js';
import { CameraTrigger } from '../../../src/hw/trigger/camera-trigger.js';
import { FakeCamera, ManualClock } from '../../fixtures/fake-station.js';

let clock: ManualClock;
let camera: FakeCamera;
let look: () => Promise<number>;
let trigger: CameraTrigger<number>;
let events: TriggerEvent[];
const types = (): string[] => events.map(({ type }) => type);

beforeEach(async () => {
  clock = new ManualClock();
  camera = new FakeCamera(clock);
  look = () => Promise.resolve(0);
  events = [];
  trigger = new CameraTrigger({
    clock,
    camera,
    presence: { enter: 12, leave: 6, still: 4 },
    empty: 0,
    thumbOf: () => look(),
    difference: (a, b) => Math.abs(a - b),
    debounceMs: 0,
    dwellMs: 0,
    minGapMs: 0,
    stuckMs: 0,
    everyMs: 50,
    patienceMs: 300,
  });
  await trigger.start((event) => events.push(event));
  await clock.advance(200);
});
afterEach(() => trigger.stop());

it('gives every frame back, and looks at one each everyMs', async () => {
  let looks = 0;
  look = () => Promise.resolve(++looks && 0);
  await clock.advance(1000);
  expect(looks).toBeGreaterThan(15);
  expect(looks).toBeLessThanOrEqual(20);
  expect(camera.held).toBe(0);
});

it('does not mind a frame that is of no use, and is lost where none is', async () => {
  look = () => Promise.reject(new Error('half a JPEG'));
  await clock.advance(200);
  look = () => Promise.resolve(0);
  await clock.advance(100);
  expect(types()).toEqual([]);
  look = () => Promise.reject(new Error('half a JPEG'));
  await clock.advance(1000);
  expect(types()).toEqual(['lost']);
  expect(events[0]).toMatchObject({ error: { message: expect.stringContaining('half a JPEG') as string } });
  expect(camera.held).toBe(0);
});

it('is found when the camera lives again, and tells anew of the cup that is there', async () => {
  look = () => Promise.resolve(100);
  await clock.advance(300);
  camera.mode = 'frozen';
  await clock.advance(1000);
  camera.mode = 'live';
  await clock.advance(1000);
  expect(types()).toEqual(['placed', 'lost', 'found', 'placed']);
});

it('does not stop before its last look is over: the frame is read until then', async () => {
  let end: (thumb: number) => void = () => undefined;
  look = () =>
    new Promise((resolve) => {
      end = resolve;
    });
  await clock.advance(200);
  let stopped = false;
  const stop = trigger.stop().finally(() => {
    stopped = true;
  });
  await clock.advance(100);
  expect([stopped, camera.held]).toEqual([false, 1]);
  end(0);
  await stop;
  expect(camera.held).toBe(0);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoFolder, LiveStation, type LiveStationOptions, someCup } from '../../fixtures/live-station.js';
import { Mosquitto, publishTo, Subscriber } from '../../fixtures/mosquitto.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

async function liveStation(options: LiveStationOptions = {}): Promise<LiveStation> {
  const station = await LiveStation.start(options);
  onTestFinished(() => station.stop());
  return station;
}

const inFault = (station: LiveStation) => station.untilStatus('it is in fault', ({ state }) => state === 'fault');

/** The station still does its work: the next cup is judged as ordered. */
async function expectNextCupGreen(station: LiveStation): Promise<void> {
  await station.whenReady();
  await station.order();
  expect(await station.cup()).toMatchObject({ verdict: 'green', shown: { light: 'green' } });
}

it('a typo in the config: fault names the key and the nearest right one; mended, it judges', async () => {
  const station = await liveStation({ config: { station: { deadlinMs: 900 } } });
  const { faults } = await inFault(station);
  expect(faults[0]?.message).toContain('unknown key station.deadlinMs');
  expect(`${faults[0]?.message} ${faults[0]?.help}`).toContain('station.deadlineMs');
  await station.stopCore();
  station.configure(undefined);
  await station.startCore();
  await expectNextCupGreen(station);
});

it('a missing bundle: fault names its folder', async () => {
  const station = await liveStation({ judge: 'real', config: { bundle: { path: '/nowhere/bundle' } } });
  const { faults, judge } = await inFault(station);
  expect(faults).toMatchObject([{ source: 'bundle', message: expect.stringContaining('/nowhere/bundle') }]);
  expect(judge.ready).toBe(false);
});

it('a network of another shape than the manifest says: fault names the network and its output', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cupcheck-wrong-shape-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeTinyBundle(folder);
  const manifestPath = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  manifest.networks.detector.outputs.size = [1, 3, 60, 80];
  writeFileSync(manifestPath, JSON.stringify(manifest));
  const station = await liveStation({ judge: 'real', config: { bundle: { path: folder, allowUnsigned: 'any' } } });
  const { faults } = await inFault(station);
  expect(faults).toMatchObject([{ source: 'bundle' }]);
  expect(faults[0]?.message).toMatch(/detector.*size/s);
});

it('a truncated picture from the camera: amber, and the next cup is judged', async () => {
  const station = await liveStation({ judge: 'real' });
  await station.whenReady();
  await station.order(10, 'oak-mark', 1);
  const cut = join(station.folder, 'cut.jpg');
  const whole = readFileSync(someCup);
  writeFileSync(cut, whole.subarray(0, whole.length / 2));
  const result = await station.cup(cut);
  expect(result).toMatchObject({ verdict: 'amber', shown: { light: 'amber' }, reasons: [{ reason: 'camera_fault' }] });
  expect(result.reasons[0]?.detail).toMatch(/JPEG|picture/);
  const next = await station.cup(join(demoFolder, '13-empty.jpg'));
  expect(next.reasons.map(({ reason }) => reason)).toContain('empty_cup');
});

it('a camera unplugged while it looks at a cup: amber camera_fault, blinking; plugged in, the next cup is judged', async () => {
  const station = await liveStation({ config: { station: { settleMs: 500 } } });
  await station.whenReady();
  await station.order();
  const next = station.nextResult();
  await station.place();
  await station.camera('unplug');
  const result = await next;
  expect(result).toMatchObject({ verdict: 'amber', reasons: [{ reason: 'camera_fault' }] });
  const { light, faults } = await inFault(station);
  expect(light.shows).toBe('fault');
  expect(faults).toMatchObject([{ source: 'camera' }]);
  await station.remove();
  await station.camera('replug');
  await expectNextCupGreen(station);
});

it('a frozen camera: amber stale_frame, and the next cup is judged', async () => {
  const station = await liveStation({ config: { station: { frameTimeoutMs: 300 } } });
  await station.whenReady();
  await station.order();
  await station.camera('freeze');
  const next = station.nextResult();
  await station.place();
  expect(await next).toMatchObject({ verdict: 'amber', reasons: [{ reason: 'stale_frame' }] });
  await station.camera('normal');
  await station.remove();
  await expectNextCupGreen(station);
});

it('a contact that never rests: fault says so; at rest, the next cup is judged', async () => {
  const station = await liveStation({ config: { trigger: { debounceMs: 1000 } } });
  await station.whenReady();
  const told = new AbortController();
  const fault = inFault(station).finally(() => told.abort());
  while (!told.signal.aborted) {
    await station.place();
    await station.remove();
  }
  const { faults } = await fault;
  expect(faults).toMatchObject([{ source: 'trigger' }]);
  expect(faults[0]?.message).toMatch(/rest|chatter|bounce/);
  await expectNextCupGreen(station);
});

it('a sensor that reports a cup for too long: fault says so; when it changes, the next cup is judged', async () => {
  const station = await liveStation({ config: { trigger: { driver: 'scripted', stuckS: 1 } } });
  await station.whenReady();
  await station.place();
  const { faults, light } = await inFault(station);
  expect(faults).toMatchObject([{ source: 'trigger', help: expect.stringContaining('Take the cup away') as string }]);
  expect(faults[0]?.message).toMatch(/for \d+ s without a change/);
  expect(light.shows).toBe('fault');
  await station.remove();
  await expectNextCupGreen(station);
});

it('requests that are not JSON, retained, of 10 MB or for an unknown verb: refused or ignored, and the next cup is judged', async () => {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.remove());
  const answers = await Subscriber.start(broker, 'cupcheck/live/response/#');
  onTestFinished(() => answers.stop());
  const health = await Subscriber.start(broker, 'cupcheck/live/health');
  onTestFinished(() => health.stop());
  const station = await liveStation({ brokerUrl: broker.url });
  // Its first health message comes after it has subscribed to requests.
  await health.until(() => health.heard.length > 0);
  const request = (verb: string, payload: string, args: readonly string[] = []) =>
    publishTo(broker, `cupcheck/live/request/${verb}`, payload, args);
  await request('status', '{');
  await request('order', JSON.stringify({ tag: 'kept', design: 'tower', count: 3 }), ['-r']);
  await request('trigger', `{"tag":"${'x'.repeat(10_000_000)}"}`);
  await request('explode', '{"tag":"t-1"}');
  await request('status', '{"tag":"well"}');
  await answers.until(() => answers.documents('cupcheck/live/response/status').some(({ tag }) => tag === 'well'));
  const codes = answers.heard.map(({ topic, payload }) => {
    const { ok, error } = JSON.parse(payload) as { ok: boolean; error?: { code: string } };
    return [topic.replace('cupcheck/live/response/', ''), ok ? 'ok' : error?.code];
  });
  // The 10 MB are more than core takes from a broker, which keeps them from it: nobody answers.
  expect(codes).toEqual([
    ['status', 'REQUEST_INVALID'],
    ['order', 'REQUEST_RETAINED'],
    ['explode', 'REQUEST_UNKNOWN'],
    ['status', 'ok'],
  ]);
  expect(await station.ask('order.show')).toEqual({ order: null });
  await expectNextCupGreen(station);
});

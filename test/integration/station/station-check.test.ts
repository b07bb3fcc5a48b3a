import { expect, it, onTestFinished } from 'vitest';
import { LiveStation } from '../../fixtures/live-station.js';
import { runVerb } from '../../fixtures/run-verb.js';

it('the self-test of a running station tells of each part; a lamp that is out makes cups amber until it is on again', async () => {
  const station = await LiveStation.start();
  onTestFinished(() => station.stop());
  await station.whenReady();
  await station.order();

  const well = await runVerb(station.configPath, 'selftest', 'run');
  expect(well).toMatchObject({ code: 0, err: '' });
  for (const part of ['exposure', 'lamp', 'camera place', 'lens'])
    expect(well.out).toMatch(new RegExp(`^ok {4}${part} `, 'm'));
  for (const part of ['dark frame', 'trigger loop-back', 'light loop-back'])
    expect(well.out).toMatch(new RegExp(`^- {5}${part} +not wired`, 'm'));
  expect((await station.cup()).verdict).toBe('green');

  await station.camera('dark');
  const dark = await runVerb(station.configPath, 'selftest', 'run');
  expect(dark.code).toBe(1);
  expect(dark.out).toMatch(/^FAIL {2}exposure +black: mean \d+ of 255/m);
  expect(dark.out).toMatch(/^FAILED: exposure/m);
  await station.camera('normal');
  // The picture is well again; until the self-test has seen it, nobody relies on it.
  expect((await station.cup()).reasons).toEqual([
    { reason: 'selftest_overdue', detail: expect.stringMatching(/exposure, black: mean \d+ of 255/) as string },
  ]);
  expect((await runVerb(station.configPath, 'status')).out).toContain('CUPS ARE AMBER');

  expect((await runVerb(station.configPath, 'selftest', 'run')).code).toBe(0);
  expect((await station.cup()).verdict).toBe('green');
});

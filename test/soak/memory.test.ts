import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { LiveStation } from '../fixtures/live-station.js';
import { Mosquitto } from '../fixtures/mosquitto.js';
import { leastSquaresSlope } from './slope.js';

const cups = Number(process.env['SOAK_CUPS'] ?? 2000);
/** A result kept from each cup would be some 5,000, a frame or a picture over 100,000. */
const mostBytesPerCup = 4096;

/** Resident memory of a process, bytes. */
function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

it(`core keeps no frame and no picture over ${cups} cups`, async () => {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.remove());
  const station = await LiveStation.start({ brokerUrl: broker.url });
  onTestFinished(() => station.stop());
  await station.whenReady();
  await station.order();
  const rss: number[] = [];
  for (let cup = 0; cup < cups; cup++) {
    expect((await station.cup()).verdict).toBe('green');
    rss.push(residentBytes(station.corePid));
  }
  // The first half is the warm-up: code is compiled, pools, caches and the allocator's arenas fill.
  const settled = rss.slice(Math.floor(cups / 2));
  const slope = leastSquaresSlope(settled);
  const mib = (bytes: number | undefined): string => ((bytes ?? Number.NaN) / 2 ** 20).toFixed(1);
  console.log(
    `${cups} cups: core has ${mib(settled[0])} MiB after the first half and ${mib(settled.at(-1))} MiB at the end; ` +
      `slope over the second half ${slope.toFixed(0)} bytes a cup`,
  );
  expect(slope).toBeLessThan(mostBytesPerCup);
});

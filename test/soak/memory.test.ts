import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { LiveStation } from '../fixtures/live-station.js';
import { Mosquitto } from '../fixtures/mosquitto.js';
import { leastSquaresSlope } from './slope.js';

const cups = Number(process.env['SOAK_CUPS'] ?? 2000);
/** A frame or a picture kept from each cup would be over 100,000. Smaller growth is told by the printed slope. */
const mostBytesPerCup = 16_384;

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
  // The first quarter is the warm-up: code is compiled, pools and caches fill.
  const settled = rss.slice(Math.floor(cups / 4));
  const slope = leastSquaresSlope(settled);
  const mib = (bytes: number | undefined): string => ((bytes ?? Number.NaN) / 2 ** 20).toFixed(1);
  console.log(
    `${cups} cups: core has ${mib(settled[0])} MiB after the first quarter and ${mib(settled.at(-1))} MiB at the end; ` +
      `slope over the last three quarters ${slope.toFixed(0)} bytes a cup`,
  );
  expect(slope).toBeLessThan(mostBytesPerCup);
});

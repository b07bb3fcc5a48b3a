// From the trigger to the light, through the station's real processes with simulated devices.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoFolder } from '../frame.mjs';
import { quantile, spread } from '../rounds.mjs';
import { BenchStation } from '../station/live-station.mjs';
import { account } from '../station/account.mjs';

const composer = fileURLToPath(new URL('../cups/compose.py', import.meta.url));
const composed = fileURLToPath(new URL('../../build/bench/cups', import.meta.url));
const composedDesign = 'sun-dime';

/** Cups with 1, 5, 10 and 20 items, drawn by the models' own generator (needs python3-opencv). */
export function composedCups() {
  const { status, stderr, error } = spawnSync('/usr/bin/python3', [composer, composed], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the cups cannot be drawn: ${error?.message ?? stderr}`);
  const sizes = [1, 5, 10, 20].map((items) => ({
    items,
    order: { design: composedDesign, count: items },
    picture: join(composed, `${String(items).padStart(2, '0')}.jpg`),
  }));
  return { folder: composed, sizes };
}

/** Demo cups, for a run that must not need Python. */
export function demoSizes() {
  const cups = [
    { items: 3, order: { design: 'heron-dollar', count: 3 }, image: '06-heron-dollar.jpg' },
    { items: 9, order: { design: 'keys-penny', count: 9 }, image: '04-keys-penny.jpg' },
  ];
  return { folder: demoFolder, sizes: cups.map(({ image, ...cup }) => ({ ...cup, picture: join(demoFolder, image) })) };
}

async function oneCup(station, { items, order, picture }) {
  await station.order(order.design, order.count);
  const result = await station.cup(picture);
  // A cup that was cut off or refused early would look fast.
  if (result.verdict !== 'green' || result.items.length !== items)
    throw new Error(
      `a cup of ${items} was ${result.verdict} with ${result.items.length} items: ${JSON.stringify(result.reasons)}`,
    );
  return result;
}

const percentiles = (values) => ({
  p50: quantile(values, 0.5),
  p95: quantile(values, 0.95),
  p99: quantile(values, 0.99),
  max: Math.max(...values),
});

function summary(accounts) {
  const stages = Object.keys(accounts[0].ms);
  const of = (pick) => percentiles(accounts.map(pick));
  const total = of(({ ms }) => ms.total);
  return {
    cups: accounts.length,
    ms: Object.fromEntries(stages.map((stage) => [stage, of(({ ms }) => ms[stage])])),
    elseShare: of(({ ms }) => ms.else / ms.total),
    p95OverP50: total.p95 / total.p50,
    // At 0, 1, … 100 % of the cups.
    totalQuantiles: Array.from(
      { length: 101 },
      (_, share) =>
        Math.round(
          10 *
            quantile(
              accounts.map(({ ms }) => ms.total),
              share / 100,
            ),
        ) / 10,
    ),
  };
}

/** The first cup of a station that was just started, a few times over. */
async function firstCups({ folder, sizes }, starts) {
  const cup = sizes[1] ?? sizes[0];
  const first = [];
  const ready = [];
  for (let start = 0; start < starts; start++) {
    const began = performance.now();
    const station = await BenchStation.start(folder);
    try {
      ready.push(performance.now() - began);
      first.push(account(await oneCup(station, cup), station.spans()).ms.total);
    } finally {
      await station.stop();
    }
  }
  return { items: cup.items, starts, readyMs: spread(ready), totalMs: spread(first) };
}

/** A profile of the judging process over some cups, as V8 writes it. */
export async function profile({ folder, sizes }, cups) {
  const station = await BenchStation.start(folder, { profile: true });
  try {
    for (let cup = 0; cup < 2 * sizes.length; cup++) await oneCup(station, sizes[cup % sizes.length]);
    await station.startProfile();
    for (let cup = 0; cup < cups; cup++) await oneCup(station, sizes[cup % sizes.length]);
    return await station.stopProfile();
  } finally {
    await station.stop();
  }
}

/**
 * @param cups in all; the sizes take turns, so that what disturbs the machine disturbs all alike
 * @param onCup told after each cup
 */
export async function station(world, { cups, starts, onCup }) {
  const first = await firstCups(world, starts);
  const live = await BenchStation.start(world.folder);
  try {
    const results = new Map(world.sizes.map(({ items }) => [items, []]));
    const memoryStart = live.memory();
    for (let cup = 0; cup < cups; cup++) {
      const size = world.sizes[cup % world.sizes.length];
      results.get(size.items).push(await oneCup(live, size));
      onCup(cup + 1, cups);
    }
    const memory = { first: memoryStart, last: live.memory() };
    const spans = live.spans();
    // The first cup of each size is the compiler's, and told apart.
    const accounts = new Map(
      [...results].map(([items, all]) => [items, all.slice(1).map((one) => account(one, spans))]),
    );
    const mixed = [...accounts.values()].flat();
    return {
      cups,
      camera: { fps: live.fps },
      settleMs: live.settleMs,
      sizes: [...accounts].map(([items, ofSize]) => ({ items, ...summary(ofSize) })),
      mixed: summary(mixed),
      first,
      memoryMib: memory,
    };
  } finally {
    await live.stop();
  }
}

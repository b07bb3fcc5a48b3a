import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import type { ShownCup } from '../../../src/daemon/light/protocol.js';
import type { Result } from '../../../src/daemon/result.js';
import { LiveStation } from '../../fixtures/live-station.js';
import { Mosquitto, Subscriber } from '../../fixtures/mosquitto.js';

/** Fewer while somebody works on it. */
const kills = Number(process.env['KILLS'] ?? 200);
/** A cup takes about this long with the stub judge: the kill falls anywhere into one. */
const cupMs = 150;
/** The judged row, the light and the shown row take about this long. */
const verdictMs = 12;

/** Places and removes cups without waiting for their verdicts, until core is gone. */
async function placeCups(station: LiveStation): Promise<void> {
  for (;;) {
    await station.place();
    await station.remove();
  }
}

/** Places one cup after the other, each only after the last one's result, until core is gone. */
async function serveCups(station: LiveStation): Promise<void> {
  for (;;) await station.cup();
}

/** Resolves when the next cup has its verdict and nothing of it is on disk. */
function atVerdict(station: LiveStation): Promise<void> {
  return new Promise((resolve) => {
    const forget = station.onEvent((event) => {
      if (event.type !== 'state' || event.state !== 'showing') return;
      forget();
      resolve();
    });
  });
}

/** Cups with a judged row, whether shown or not. */
function judgedCups(path: string): Set<string> {
  const db = new Database(path, { readonly: true });
  const cups = db.prepare('SELECT cup FROM judged').pluck().all() as string[];
  db.close();
  return new Set(cups);
}

it(`shows no green without its row, loses nothing and publishes what was shown when core is killed ${kills} times`, async () => {
  const broker = await Mosquitto.start();
  onTestFinished(() => broker.remove());
  const subscriber = await Subscriber.start(broker, 'cupcheck/live/result');
  onTestFinished(() => subscriber.stop());
  const station = await LiveStation.start({ brokerUrl: broker.url });
  onTestFinished(() => station.stop());
  /** Everything that the light process ever said that it showed. */
  const lit = new Map<string, ShownCup>();
  const startedMs = Date.now();
  let greensWithoutRow = 0;
  for (let kill = 0; kill < kills; kill++) {
    await station.whenReady();
    // Ambers too, and cups that come before the last one is done: every fifth life each.
    if (kill % 5 === 4) await station.ask('order.clear');
    else await station.order();
    const first = station.nextResult();
    const cups = (kill % 5 === 3 ? placeCups(station) : serveCups(station)).catch(() => null);
    if (kill % 5 !== 3) await first;
    else first.catch(() => null);
    // Half of the kills fall anywhere into a cup, half into the moment between its row and its light.
    if (kill % 2 === 1) await atVerdict(station);
    const withinMs = kill % 2 === 1 ? verdictMs : cupMs;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * withinMs));
    await station.stopCore('SIGKILL');
    await cups;
    const rows = judgedCups(station.journalPath);
    for (const shown of await station.remembered()) {
      if (shown.state === 'green' && !rows.has(shown.cup)) greensWithoutRow++;
      lit.set(shown.cup, shown);
    }
    await station.startCore();
  }
  await station.whenReady();
  const view = await station.ask<{ waiting: number }>('outbox.drain', { timeoutMs: 30_000 });
  const newest = await station.cup();
  await subscriber.until(() => subscriber.heard.some(({ payload }) => payload.includes(newest.id)));
  await station.stopCore();
  for (const shown of await station.remembered()) lit.set(shown.cup, shown);

  const reader = JournalReader.open(station.journalPath);
  const report = reader.verify();
  const journal = reader.after(0, 1e6).map((result) => ({ ...result, replayed: null }));
  reader.close();
  const heard = subscriber.documents('cupcheck/live/result') as unknown as readonly Result[];
  const published = new Map(heard.map((result) => [result.seq, { ...result, replayed: null }]));
  const count = (light: string): number => journal.filter(({ shown }) => shown.light === light).length;
  console.log(
    `${kills} kills in ${Math.round((Date.now() - startedMs) / 1000)} s: ${journal.length} cups, ` +
      `${count('green')} green, ${count('amber')} amber, ${count('not_shown')} not shown; ` +
      `the light remembers ${lit.size}; ${heard.length} documents heard, ${heard.filter(({ replayed }) => replayed).length} replayed`,
  );

  expect(greensWithoutRow).toBe(0);
  expect(report.problems).toEqual([]);
  expect(report.open).toEqual([]);
  expect(view.waiting).toBe(0);
  // No gap, none lost, and word for word what the journal holds.
  expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1));
  expect([...published.values()].toSorted((a, b) => a.seq - b.seq)).toEqual(journal);
  // A repeat says the same as the first time.
  for (const result of heard) expect({ ...result, replayed: null }).toEqual(published.get(result.seq));
  // The verdict is what the light showed; what it did not show was not shown.
  for (const { id, shown, verdict } of journal) {
    const { state, atNs } = lit.get(id) ?? { state: 'not_shown', atNs: null };
    expect({ id, light: shown.light, at_ns: shown.at_ns }).toEqual({ id, light: state, at_ns: atNs && String(atNs) });
    expect(verdict).toBe(state === 'green' ? 'green' : 'amber');
  }
  for (const cup of lit.keys()) expect(journal.some(({ id }) => id === cup)).toBe(true);
  // The kills must have hit the moments that matter, else the test has shown nothing.
  expect(count('green')).toBeGreaterThan(kills / 2);
  expect(count('not_shown')).toBeGreaterThan(kills / 40);
}, 900_000);

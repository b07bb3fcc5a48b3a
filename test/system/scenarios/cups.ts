import type { Result } from '../../../src/daemon/result.js';
import { type Verdict, verdictOf } from '../judged-on-host.js';
import { inWords } from '../report.js';
import { type Scenario, provesWell } from './scenario.js';

/** @param judged what `cupcheck judge` says of each picture on the host */
export const assorted = (judged: ReadonlyMap<string, Verdict>): Scenario => ({
  name: 'cups, right ones and wrong ones',
  async run(station) {
    const results: Result[] = [];
    for (const [picture, expected] of judged) {
      const result = await station.cup(picture);
      const verdict = verdictOf(result);
      if (JSON.stringify(verdict) !== JSON.stringify(expected)) {
        throw new Error(
          `${picture}: the station says ${JSON.stringify(result.reasons)}, judge ${JSON.stringify(expected)}`,
        );
      }
      results.push(result);
    }
    return { times: results.length, light: 'as cupcheck judge says of the same pictures', journal: inWords(results) };
  },
});

/** Longer than the debounce, at most about as long as a judgement takes in emulation. */
const earliestMs = 100;
const latestMs = 1500;

export const removedEarly = (times: number): Scenario => ({
  name: 'a cup is taken away early',
  async run(station) {
    const results: Result[] = [];
    for (let i = 0; i < times; i++) {
      const next = station.nextResult();
      await station.place(station.clean);
      const waitMs = earliestMs + ((latestMs - earliestMs) * i) / Math.max(1, times - 1);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const early = station.bench.dark;
      await station.take();
      const result = await next;
      results.push(result);
      const removed = result.reasons.some(({ reason }) => reason === 'cup_removed');
      if (early && !removed && result.shown.light === 'not_shown')
        throw new Error(`not cup_removed: ${JSON.stringify(result)}`);
    }
    await provesWell(station);
    return { times, light: 'dark once the cup is gone', journal: inWords(results) };
  },
});

/** Pulses that are shorter than trigger.debounceMs. */
const pulses = 'pulses 8 5';

export const chatter = (times: number): Scenario => ({
  name: 'the sensor chatters: 8 pulses of 5 ms, then a cup',
  async run(station) {
    const before = station.published.length;
    for (let i = 0; i < times; i++) {
      await station.bench.do(pulses);
      await provesWell(station);
      await station.bench.do(pulses);
    }
    await provesWell(station);
    const cups = station.published.length - before;
    if (cups !== times + 1) throw new Error(`${times + 1} cups were placed, ${cups} were judged`);
    return { times, light: 'green for each cup, dark else', journal: `${cups} rows for ${cups} cups` };
  },
});

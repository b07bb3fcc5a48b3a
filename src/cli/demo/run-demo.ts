import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { amber, done, type ExitCode } from '../exit-codes.js';
import { processTerminal } from '../terminal.js';
import { drawContactSheet } from './contact-sheet.js';
import { type DemoCup, readDemoCups } from './demo-cups.js';
import { type DemoStation, startDemoStation } from './demo-station.js';
import { takeKeys } from './keys.js';
import { cupLines, type DemoOutcome, isAsExpected, summaryLines } from './report.js';

export interface DemoOptions {
  /** Folder of the contact sheet; default `demo-out`. */
  readonly out: string | undefined;
  readonly json: boolean;
}

const demoFolder = fileURLToPath(new URL('../../../models/demo', import.meta.url));

/**
 * Judges the demo cups with a whole simulated station. In a terminal it stays and takes keys.
 * @returns 1 where a cup was not judged as expected
 */
export async function runDemo(options: DemoOptions): Promise<ExitCode> {
  const terminal = processTerminal();
  const say = (line: string): void => (options.json ? terminal.err(line) : terminal.out(line));
  const cups = await readDemoCups(demoFolder);
  const out = resolve(options.out ?? 'demo-out');
  await mkdir(out, { recursive: true });
  say('starting a broker, the light, the station and its judging process …');
  const station = await startDemoStation(demoFolder);
  const ended = endOnSignal(station);
  try {
    say(`watch the results: mosquitto_sub -p ${station.brokerPort} -V 5 -t 'cupcheck/demo/#' -v`);
    say('');
    const outcomes: DemoOutcome[] = [];
    for (const cup of cups) {
      const outcome = await show(station, cup);
      outcomes.push(outcome);
      for (const line of cupLines(outcome, terminal)) say(line);
    }
    const drained = await station.ask<{ waiting: number }>('outbox.drain', { timeoutMs: 4000 });
    const sheet = join(out, 'contact-sheet.png');
    await drawContactSheet(
      outcomes.map(({ cup, result, asExpected }) => ({
        picturePath: join(demoFolder, cup.image),
        title: cup.kind,
        result,
        asExpected,
      })),
      sheet,
    );
    for (const line of summaryLines(outcomes, sheet, terminal)) say(line);
    say(
      drained.waiting === 0 ? 'every result reached the broker' : `${drained.waiting} results did not reach the broker`,
    );
    if (outcomes.some(({ result }) => result.warnings.includes('unsigned_bundle')))
      say('the demo’s bundle is not signed: each result warns of it (unsigned_bundle)');
    if (options.json) for (const { result } of outcomes) terminal.out(JSON.stringify(result));
    if (process.stdin.isTTY && process.stdout.isTTY && !options.json) {
      await takeKeys({ station, cups, demoFolder, terminal, ended: ended.signal });
    }
    return outcomes.every(({ asExpected }) => asExpected) && drained.waiting === 0 ? done : amber;
  } finally {
    ended.release();
    await station.stop();
  }
}

/** Orders a cup, places it, waits for its result, takes it away. */
async function show(station: DemoStation, cup: DemoCup): Promise<DemoOutcome> {
  await station.ask('order.set', { ...cup.order });
  const next = station.nextResult();
  await station.ask('sim.place', { picture: join(demoFolder, cup.image) });
  const result = await next;
  await station.ask('sim.remove');
  await station.whenReady();
  return { cup, result, asExpected: isAsExpected(cup, result) };
}

/** Ctrl-C while the cups run stops the station's processes first. */
function endOnSignal(station: DemoStation): { readonly signal: AbortSignal; release(): void } {
  const ending = new AbortController();
  const end = (): void => {
    if (ending.signal.aborted) return;
    ending.abort(new Error('interrupted'));
    void stopAndExit(station);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  return {
    signal: ending.signal,
    release: () => process.off('SIGINT', end).off('SIGTERM', end),
  };
}

async function stopAndExit(station: DemoStation): Promise<never> {
  await station.stop();
  process.exit(done);
}

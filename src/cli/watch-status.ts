import { setTimeout as wait } from 'node:timers/promises';
import type { WatchEvent } from '../daemon/control/station-verbs.js';
import type { Result } from '../daemon/result.js';
import type { StationStatus } from '../daemon/status.js';
import { asCupcheckError } from '../errors.js';
import type { Cli } from './cli.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { indented } from './layout.js';
import { Redraw } from './redraw.js';
import { resultLine } from './result-lines.js';
import { duration, statusLine, statusLines } from './status-lines.js';
import { paint, type Screen } from './terminal.js';

/** How soon a station that is gone is asked again. */
const retryMs = 500;
const recentCups = 5;

/**
 * Goes on from `status` with each state and each cup, also over a restart of the station. Ends with the signal's reason.
 * @param everyS how old what a screen shows may get; where there is no screen, after what time a line is said though nothing happens.
 * `null` = a second; no such line
 */
export function watchStatus(
  cli: Cli,
  status: StationStatus,
  everyS: number | null,
  signal: AbortSignal,
): Promise<unknown> {
  const { screen } = cli.terminal;
  if (screen !== undefined && !cli.options.json)
    return watchOnScreen(cli, screen, status, (everyS ?? 1) * 1000, signal);
  const lines = watchInLines(cli, status, signal);
  return everyS === null ? lines : Promise.race([lines, sayNowAndThen(cli, everyS * 1000, signal)]);
}

/** A line each time; none while the station is away, which is told once. */
async function sayNowAndThen(cli: Cli, everyMs: number, signal: AbortSignal): Promise<never> {
  for (;;) {
    await wait(everyMs, undefined, { signal });
    try {
      const status = await cli.ask<StationStatus>('status', {}, { signal });
      cli.print(status, () => statusLine(status, new Date(), cli.terminal));
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
    }
  }
}

const isAway = (error: unknown) => exitCodeOf(asCupcheckError(error)) === exitCodes.noDaemon.code;

/** A line for each thing that happens: into pipes and files, and with --json. */
async function watchInLines(cli: Cli, first: StationStatus, signal: AbortSignal): Promise<never> {
  let known = stateOf(first);
  cli.print(first, () => statusLines(first, cli.terminal));
  const onEvent = (event: unknown): void => {
    const seen = event as WatchEvent;
    if (seen.type === 'state') known = stateOf(seen);
    cli.print(seen, () =>
      seen.type === 'result' ? resultLine(seen.result, cli.terminal) : [`        ${seen.state} (${seen.health})`],
    );
  };
  for (;;) {
    // It ends with the station; a station that could not be built refuses it. What is then is told by its status.
    await listen(cli, onEvent, signal);
    let gone = false;
    const onGone = (message: string): void => {
      if (!gone) cli.print({ type: 'unreachable', message }, () => goneLines(message));
      gone = true;
    };
    const status = await statusAgain(cli, onGone, signal);
    if (gone || stateOf(status) !== known) cli.print(status, () => statusLines(status, cli.terminal));
    known = stateOf(status);
    await wait(retryMs, undefined, { signal });
  }
}

const stateOf = ({ state, health }: { readonly state: string; readonly health: string }) => `${state} ${health}`;
const goneLines = (message: string) => indented(`not reached: ${message}; waiting for it`, 8);

/** Asks until the station answers. */
async function statusAgain(cli: Cli, onGone: (message: string) => void, signal: AbortSignal): Promise<StationStatus> {
  for (;;) {
    try {
      return await cli.ask<StationStatus>('status', {}, { signal });
    } catch (error) {
      signal.throwIfAborted();
      onGone(asCupcheckError(error).message);
    }
    await wait(retryMs, undefined, { signal });
  }
}

/** Hands on the station's events while it tells them. Ends without an error where it stops doing so. */
async function listen(cli: Cli, onEvent: (event: unknown) => void, signal: AbortSignal): Promise<void> {
  try {
    await cli.ask('watch', {}, { timeoutMs: null, onEvent, signal });
  } catch {
    // Why it stopped is told by the status that is asked for next.
    signal.throwIfAborted();
  }
}

/** The status and the last cups, drawn again in place whenever something happens, and each second for what ages. */
async function watchOnScreen(
  cli: Cli,
  screen: Screen,
  first: StationStatus,
  refreshMs: number,
  signal: AbortSignal,
): Promise<never> {
  const redraw = new Redraw(screen);
  const recent: Result[] = [];
  let status = first;
  let goneSinceMs: number | null = null;
  let goneMessage = '';
  const draw = (): void => {
    const head =
      goneSinceMs === null
        ? statusLines(status, cli.terminal)
        : [
            `${status.station}: ${paint(cli.terminal, 'red', 'not reached')} for ${duration((Date.now() - goneSinceMs) / 1000)}`,
            ...indented(`${goneMessage}; waiting for it`, 2),
          ];
    const cups = recent.flatMap((result) => resultLine(result, cli.terminal));
    redraw.draw([...head, ...(cups.length === 0 ? [] : ['', ...cups])]);
  };
  let wake = (): void => undefined;
  const onEvent = (event: unknown): void => {
    const seen = event as WatchEvent;
    if (seen.type === 'result') recent.push(seen.result);
    if (recent.length > recentCups) recent.shift();
    wake();
  };
  const keepListening = async (): Promise<never> => {
    for (;;) {
      await listen(cli, onEvent, signal);
      wake();
      await wait(retryMs, undefined, { signal });
    }
  };
  const keepDrawing = async (): Promise<never> => {
    for (;;) {
      const happened = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        status = await cli.ask<StationStatus>('status', {}, { signal });
        goneSinceMs = null;
      } catch (error) {
        signal.throwIfAborted();
        goneSinceMs ??= Date.now();
        goneMessage = asCupcheckError(error).message;
      }
      draw();
      await Promise.race([happened, wait(refreshMs, undefined, { signal })]);
    }
  };
  draw();
  return await Promise.race([keepListening(), keepDrawing()]);
}

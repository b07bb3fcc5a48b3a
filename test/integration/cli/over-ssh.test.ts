import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { archiveName, packBundle } from '../../../src/daemon/bundles/pack.js';
import { writeArchive } from '../../../src/daemon/bundles/write-archive.js';
import { readSignedManifest } from '../../../src/pipeline/bundle/read-manifest.js';
import { compiled } from '../../fixtures/compiled.js';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';
import { runVerb, startVerb } from '../../fixtures/run-verb.js';
import { keyPair, trusting, writeSignedBundle } from '../../fixtures/signed-bundle.js';

// Many processes, one after the other.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const main = fileURLToPath(compiled('cli/main.ts'));
const pair = keyPair();
let station: LiveStation;
let archive = '';
let cups = '';
const at = (...names: string[]) => join(station.folder, ...names);

beforeAll(async () => {
  station = await LiveStation.start();
  mkdirSync(at('trusted.d'));
  writeFileSync(at('trusted.d', 'workshop.pub'), pair.publicPem);
  await station.stopCore();
  station.configure(undefined, {
    bundle: { trusted: at('trusted.d') },
    images: { keepAmbers: true, keepGreensShare: 1 },
  });
  await station.startCore();
  await station.whenReady();
  await station.order();
  await station.cup();
  writeSignedBundle(at('tiny'), pair);
  const signed = await readSignedManifest(at('tiny'), trusting(pair));
  archive = at(archiveName(signed));
  await writeArchive(archive, packBundle(at('tiny'), signed));
  cups = at('cups');
  mkdirSync(cups);
  cpSync(join(demoFolder, '01-oak-mark.jpg'), join(cups, 'a.jpg'));
  writeFileSync(
    join(cups, 'truth.jsonl'),
    `${JSON.stringify({ image: 'a.jpg', design: 'oak-mark', count: 6, green_allowed: true, items: [] })}\n`,
  );
});
afterAll(() => station.stop());

/** The long verbs, in the order of an evening; `bundle activate` has tests of its own, with networks. */
const verbs: readonly (readonly [name: string, argv: () => string[]])[] = [
  ['bundle verify', () => ['bundle', 'verify', archive]],
  ['bundle install', () => ['bundle', 'install', archive]],
  ['selftest run', () => ['selftest', 'run']],
  ['replay', () => ['replay', '--last', '3', '--bundle', at('tiny')]],
  ['bundle diff', () => ['bundle', 'diff', at('tiny'), at('tiny')]],
  ['support-bundle', () => ['support-bundle', '--out', at('support.tar.gz')]],
  ['evaluate', () => ['evaluate', cups, '--bundle', at('tiny'), '--jobs', '1']],
];

interface PtyRun {
  readonly code: number | null;
  readonly text: string;
}

/** Runs one in a terminal of 80 columns, through util-linux's `script`, which ends with its status. */
function startInTerminal(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const quoted = [process.execPath, main, ...argv, '--config', station.configPath].map((word) => `'${word}'`).join(' ');
  return spawn('script', ['-qefc', `stty cols 80 rows 24; exec ${quoted}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
  });
}

async function inTerminal(child: ChildProcess): Promise<PtyRun> {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

const escape = '\u001b';
const codes = new RegExp(`${escape}\\[[0-9;]*[A-Za-z]`, 'g');
const colours = new RegExp(`${escape}\\[\\d+m`);

/** What stays on the screen: what is drawn over goes, and so do codes. */
const linesOf = (text: string): string[] =>
  text.split('\n').map((line) =>
    line
      .replace(/\r$/, '')
      .replace(/^[^]*\r/, '')
      .replace(codes, ''),
  );

/** A digest or a path is one word: it is not broken, so that it can be copied. */
const isUnbreakable = (line: string): boolean => /\S{56,}/.test(line);

const left = (): string[] =>
  [station.folder, at('state'), at('state', 'bundles')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => name.endsWith('.new') || name.startsWith('.support') || name.startsWith('.tiny'));

describe.each(verbs)('%s', (_, argv) => {
  it('interrupted at any moment leaves nothing half, ends as by Ctrl-C, and says a line', async () => {
    const lines = (text: string): number => text.split('\n').length;
    // The first time may say more: that something was done.
    await runVerb(station.configPath, ...argv());
    const whole = lines((await runVerb(station.configPath, ...argv())).out);
    for (const afterMs of [0, 600, 1200, 2400]) {
      const verb = startVerb(station.configPath, ...argv());
      await verb.heeding;
      await pause(afterMs);
      verb.kill('SIGINT');
      const { code, signal, out, err } = await verb.ended;
      if (signal === null) expect([0, 1]).toContain(code);
      else expect(signal).toBe('SIGINT');
      // A program that has said all of its answer is ended by Node itself, without a word.
      if (signal !== null && lines(out) < whole) expect(err).toMatch(/^Interrupted.*\n$/ms);
      expect(left()).toEqual([]);
    }
  });

  it('twice in a row gives a sensible answer, into a pipe without a code', async () => {
    const runs = [await runVerb(station.configPath, ...argv()), await runVerb(station.configPath, ...argv())];
    for (const { code, out, err } of runs) {
      expect([0, 1], err).toContain(code);
      expect(out).not.toBe('');
      expect(out + err).not.toContain('\u001b');
    }
    expect(runs[1]?.code).toBe(runs[0]?.code);
  });

  it('keeps to 80 columns in a terminal, and to no colour where none is wanted', async () => {
    const { code, text } = await inTerminal(startInTerminal(argv(), { NO_COLOR: '1' }));
    expect([0, 1], text).toContain(code);
    expect(text).not.toMatch(colours);
    const wide = linesOf(text).filter((line) => stringWidth(line) > 80 && !isUnbreakable(line));
    expect(wide).toEqual([]);
  });
});

it('a verb that only waits for the station ends by Ctrl-C too, and says so', async () => {
  const socket = at('silent.sock');
  const server = createServer();
  server.listen(socket);
  const asked = once(server, 'connection');
  const verb = startVerb(station.configPath, 'order', 'show', '--set', `control.socket=${socket}`);
  await asked;
  verb.kill('SIGINT');
  expect(await verb.ended).toMatchObject({ signal: 'SIGINT', out: '', err: 'Interrupted.\n' });
  server.close();
});

it('says of the second time that there was nothing to do', async () => {
  expect((await runVerb(station.configPath, 'bundle', 'install', archive)).out).toContain('nothing to do');
});

it('Ctrl-C in the terminal ends with 130, and says what is left of it', async () => {
  await station.place();
  await station.untilStatus('a cup is shown', ({ state }) => state === 'showing');
  const child = startInTerminal(['selftest', 'run']);
  // It waits for the cup to be taken away.
  await station.untilStatus('the self-test runs', ({ selftest }) => selftest?.running === true);
  const ended = inTerminal(child);
  child.stdin?.write('\u0003');
  const { code, text } = await ended;
  expect(code).toBe(130);
  expect(text).toContain('Interrupted: the station goes on with it');
  await station.remove();
});

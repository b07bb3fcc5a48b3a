import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compiled } from '../../fixtures/compiled.js';
import { demoFolder } from '../../fixtures/live-station.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

const main = fileURLToPath(compiled('cli/main.ts'));
const cupsInAll = 24;
let folder = '';
const at = (name: string) => join(folder, name);

interface Cup {
  readonly image: string;
  readonly order: { readonly design: string; readonly count: number };
  readonly expected: { readonly verdict: string };
}
const demoCups = readFileSync(join(demoFolder, 'demo.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Cup);

function writeTruth(name: string, cups: readonly Cup[]): void {
  mkdirSync(at(name), { recursive: true });
  for (const image of new Set([...cups.map(({ image }) => image), 'empty.jpg']))
    copyFileSync(join(demoFolder, image), join(at(name), image));
  const lines = cups.map(({ image, order, expected }) => {
    const green = expected.verdict === 'green';
    const judged = { expect: order.design, count: order.count, px_per_mm: 8, reference: 'empty.jpg' };
    return JSON.stringify({ image, design: green ? order.design : null, green_allowed: green, items: [], ...judged });
  });
  writeFileSync(join(at(name), 'truth.jsonl'), lines.join('\n'));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-evaluate-'));
  writeTinyBundle(at('tiny'));
  writeTruth('few', demoCups.slice(0, 6));
  const many = Array.from({ length: cupsInAll }, (_, index) => demoCups[index % demoCups.length]);
  writeTruth(
    'many',
    many.filter((cup): cup is Cup => cup !== undefined),
  );
});
const children: ChildProcess[] = [];
afterEach(() => {
  // Their workers end with them.
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A group of processes of its own, as a terminal makes it: it and its workers. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [main, 'evaluate', ...args], { detached: true });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (text.out += String(chunk)));
  child.stderr.on('data', (chunk) => (text.err += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    ...text,
  }));
  return { child, ended };
}

const linesOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []);
/** What became of each cup, without the times, which no two runs share. */
const outcomes = (path: string) =>
  linesOf(path).map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), ms: null }));
const tinyRun = (out: string, ...more: string[]) =>
  start(at('many'), '--bundle', at('tiny'), '--cups-out', at(out), ...more);
const someJudged = (out: string) =>
  expect.poll(() => linesOf(at(`${out}.part`)).length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(5);

describe('evaluate', () => {
  it('gives the same outcomes with one job and with three, in the order of the truth', async () => {
    const runs = [1, 3].map((jobs) => start(at('few'), '--jobs', `${jobs}`, '--cups-out', at(`few-${jobs}`), '--json'));
    const [one, three] = await Promise.all(runs.map(({ ended }) => ended));
    const summaries = [one, three].map((run) => JSON.parse(run?.out ?? '') as Record<string, unknown>);
    expect(summaries[0]).toMatchObject({ cups: 6, jobs: 1, resumed: 0 });
    expect({ ...summaries[1], jobs: 1, ms: null }).toEqual({ ...summaries[0], ms: null });
    expect(outcomes(at('few-3'))).toEqual(outcomes(at('few-1')));
    expect(outcomes(at('few-3')).map((cup) => (cup as unknown as Cup).image)).toEqual(
      demoCups.slice(0, 6).map(({ image }) => image),
    );
  });

  it('goes on where a killed run stopped, and gives what a whole run gives', async () => {
    const whole = tinyRun('whole', '--jobs', '2', '--json');
    const killed = tinyRun('cut', '--jobs', '2');
    await someJudged('cut');
    killed.child.kill('SIGKILL');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(existsSync(at('cut'))).toBe(false);
    // As if it had been killed within a line.
    writeFileSync(at('cut.part'), '{"image":"01-oa', { flag: 'a' });

    const again = await tinyRun('cut', '--jobs', '1', '--json').ended;
    const { resumed } = JSON.parse(again.out) as { resumed: number };
    expect(resumed).toBeGreaterThan(4);
    expect(again.err).toContain(`Going on after ${resumed} of ${cupsInAll}`);
    const { out } = await whole.ended;
    const summary = JSON.parse(out) as Record<string, unknown>;
    expect({ ...(JSON.parse(again.out) as object), ms: null }).toEqual({ ...summary, ms: null, jobs: 1, resumed });
    expect(outcomes(at('cut'))).toHaveLength(cupsInAll);
    expect(outcomes(at('cut'))).toEqual(outcomes(at('whole')));
    expect(existsSync(at('cut.part'))).toBe(false);
  });

  it('at Ctrl-C says what is kept, ends by the signal, and refuses to go on with other options', async () => {
    const { child, ended } = tinyRun('stop');
    await someJudged('stop');
    // A terminal sends it to the whole group, workers too.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const { signal, err } = await ended;
    expect(signal).toBe('SIGINT');
    expect(err.replace(/\n */g, ' ')).toMatch(/Interrupted after \d+ of 24\. The same command goes on here/);
    expect(err).not.toContain('    at ');

    const other = await tinyRun('stop', '--threshold', '0.5').ended;
    expect(other.code).toBe(2);
    expect(other.err.replace(/\n */g, ' ')).toContain('is not of this run (different: options). Remove it');
    expect(linesOf(at('stop.part')).length).toBeGreaterThan(5);

    writeFileSync(join(at('many'), 'truth.jsonl'), '\n', { flag: 'a' });
    copyFileSync(join(demoFolder, 'empty.jpg'), join(at('many'), '01-oak-mark.jpg'));
    const changed = await tinyRun('stop').ended;
    expect(changed.err.replace(/\n */g, ' ')).toContain('different: pictures');
  });

  it('names the picture that cannot be read, and refuses to write over what is no file', async () => {
    mkdirSync(at('folder'));
    const refused = await start(at('few'), '--bundle', at('tiny'), '--cups-out', at('folder')).ended;
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain('is not a plain file');
    rmSync(join(at('few'), '03-impostor.jpg'));
    const missing = await start(at('few'), '--bundle', at('tiny'), '--quiet').ended;
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toContain('03-impostor.jpg');
  });
});

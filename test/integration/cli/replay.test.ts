import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Result } from '../../../src/daemon/result.js';
import { demoFolder, LiveStation } from '../../fixtures/live-station.js';
import { documentsOf, runVerb, startVerb } from '../../fixtures/run-verb.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

// At the lowest priority it takes long beside anything else that runs.
vi.setConfig({ testTimeout: 300_000 });

let station: LiveStation;
let green: Result;
let wrong: Result;
let tiny: string;
const run = (...argv: string[]) => runVerb(station.configPath, ...argv);
const pictureOf = ({ image }: Result) => join(station.folder, 'state/images', image?.path ?? '');

/** A station that goes on judging: nothing that is asked of its journal may disturb it. */
beforeAll(async () => {
  station = await LiveStation.start({
    judge: 'real',
    config: { images: { keepAmbers: true, keepGreensShare: 1 }, station: { deadlineMs: 10_000 } },
  });
  await station.whenReady();
  tiny = join(station.folder, 'tiny');
  writeTinyBundle(tiny);
  await station.order(100, 'harbour-2021', 5);
  green = await station.cup(join(demoFolder, '02-harbour-2021.jpg'));
  wrong = await station.cup(join(demoFolder, '03-impostor.jpg'));
  // Pictures are written after the light.
  await station.until('both pictures are written', () =>
    Promise.resolve([green, wrong].every((cup) => readable(pictureOf(cup))) || null),
  );
}, 240_000);
afterAll(() => station.stop());

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

/** The error stream without the progress that a slow machine sees. */
const withoutProgress = (err: string): string => err.replace(/^\d+ of \d+, .* left\n/gm, '');

describe('replay', () => {
  it('by the bundle that judged gives what the station gave: verdict, reasons, scores and items', async () => {
    expect([green.verdict, wrong.verdict]).toEqual(['green', 'amber']);
    const ended = await run('replay', '--json');
    const [first, second, summary] = documentsOf(ended);
    expect(first).toMatchObject({ seq: green.seq, judged: true, changed: false, now: { score: green.score } });
    expect(second).toMatchObject({ seq: wrong.seq, changed: false, now: { verdict: 'amber', score: wrong.score } });
    expect(summary).toMatchObject({ type: 'summary', cups: 2, judged: 2, changed: 0, largestScoreChange: 0 });
    expect(ended.code).toBe(0);
    expect(withoutProgress(ended.err)).toBe('');
  });

  it('shows a cup that is named whole, item by item', async () => {
    const { out, code } = await run('replay', String(green.seq));
    expect(code).toBe(0);
    expect(out).toContain(`cup ${green.seq}, `);
    expect(out).toMatch(/^ {2}verdict +green +green$/m);
    expect(out.match(/^ {2}item \d +harbour-2021 0\.\d{3} +harbour-2021 0\.\d{3}$/gm)).toHaveLength(5);
  });

  it('by another bundle tells which verdicts change, and ends with 1', async () => {
    const { out, code } = await run('replay', '--bundle', tiny);
    expect(code).toBe(1);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toMatch(new RegExp(` ${green.seq} green → amber [^:]+\\+not_covered, 5 items`));
    expect(text).toContain('1 green → amber, 0 amber → green');
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it('refuses what it does not know before it judges anything', async () => {
    expect(await run('replay', '--judge', 'nobody')).toMatchObject({ code: 2, out: '' });
    expect((await run('replay', '1', '--last', '3')).code).toBe(2);
    expect((await run('replay', '--bundle', 'nothing-1.0.0')).err).toContain('no bundle "nothing-1.0.0"');
    expect((await run('replay', '4711')).err).toContain('4711');
  });

  it('ends at Ctrl-C, and the station notices nothing', async () => {
    const names = Array.from({ length: 500 }, () => String(green.seq));
    const verb = startVerb(station.configPath, 'replay', ...names);
    await expect.poll(() => verb.text.out, { timeout: 200_000 }).toContain('item 1');
    verb.kill('SIGINT');
    const { signal, err } = await verb.ended;
    expect(signal).toBe('SIGINT');
    expect(withoutProgress(err)).toMatch(/^Interrupted after \d+ of 500 cups\.\n$/);
    expect((await station.status()).health).toBe('ready');
    expect((await run('journal', 'verify')).code).toBe(0);
  });
});

describe('bundle diff', () => {
  it('asks the golden pictures too, and says which of them turn', async () => {
    expect((await run('golden', 'add', String(green.seq), '--truth', 'ok', '--by', 'anna')).code).toBe(0);
    expect((await run('golden', 'add', String(wrong.seq), '--truth', 'wrong', '--by', 'anna')).code).toBe(0);
    const same = documentsOf(await run('bundle', 'diff', 'active', 'active', '--last', '1', '--json'));
    expect(same.map(({ from, truth }) => [from, truth])).toEqual([
      ['golden', 'ok'],
      ['golden', 'wrong'],
      ['journal', undefined],
      [undefined, undefined],
    ]);
    expect(same[0]).toMatchObject({ seq: green.seq, now: { verdict: 'green', score: green.score }, changed: false });
    expect(same.at(-1)).toMatchObject({ judged: 1, golden: { judged: 2, changed: 0, largestScoreChange: 0 } });
    const other = await run('bundle', 'diff', 'active', tiny, '--last', '1');
    expect(other.code).toBe(1);
    const text = other.out.replace(/\s+/g, ' ');
    expect(text).toMatch(
      new RegExp(`2 golden pictures cup .* ${green.seq} green → amber [^:]+ is right, [^:]+\\+not_covered`),
    );
    expect(text).toContain('2 golden pictures judged again. 2 changed, 1 in the verdict');
    for (const line of other.out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const { seq } of [green, wrong]) expect((await run('golden', 'remove', String(seq))).code).toBe(0);
  });

  it('holds two bundles against each other over the same cups', async () => {
    const same = await run('bundle', 'diff', 'active', 'active', '--json');
    expect(same.code).toBe(0);
    expect(documentsOf(same).at(-1)).toMatchObject({ judged: 2, changed: 0 });
    const other = await run('bundle', 'diff', tiny, 'active');
    expect(other.code).toBe(1);
    const text = other.out.replace(/\s+/g, ' ');
    expect(text).toMatch(new RegExp(` ${green.seq} amber → green [^:]+ -not_covered, 5 items`));
    expect(text).toContain('0 green → amber, 1 amber → green');
  });
});

// Last: it takes the pictures away.
describe('a cup whose picture is no longer what was judged', () => {
  it('is told and counted, where it is altered and where it is gone', async () => {
    writeFileSync(pictureOf(green), readFileSync(join(demoFolder, '01-oak-mark.jpg')));
    rmSync(pictureOf(wrong));
    const { out, code } = await run('replay', '--last', '10');
    expect(code).toBe(1);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain('its digest differs');
    expect(text).toContain(`the picture of cup ${wrong.seq} is gone`);
    expect(text).toContain('0 cups judged again, 2 not (1 picture gone, 1 picture altered)');
  });
});

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluatedRun } from '../../../src/cli/evaluate/evaluate.js';
import { atThreshold } from '../../../src/cli/evaluate/at-threshold.js';
import type { CupOutcome } from '../../../src/cli/evaluate/outcome.js';
import { html } from '../../../src/cli/evaluate/report/markup.js';
import { reliability } from '../../../src/cli/evaluate/report/reliability.js';
import { riskCurve } from '../../../src/cli/evaluate/report/risk-curve.js';
import { coverageOf, slicesOf } from '../../../src/cli/evaluate/report/slices.js';
import { reportPage, requireReportPlace } from '../../../src/cli/evaluate/report/write-report.js';
import { parseTruth } from '../../../src/cli/evaluate/truth.js';
import { loadBundle } from '../../../src/pipeline/bundle/load.js';
import { anyTrust } from '../../fixtures/any-trust.js';
import { demoFolder } from '../../fixtures/live-station.js';
import { writeTinyBundle } from '../../fixtures/tiny-bundle.js';

const evil = '<script>alert("1")</script>';

const outcome = (change: Partial<CupOutcome>): CupOutcome => ({
  judge: 'metric',
  image: 'cup.jpg',
  kind: 'clean',
  expect: 'red',
  truthDesign: 'red',
  greenAllowed: true,
  source: 'drawn',
  trueItems: 2,
  backs: 0.5,
  verdict: 'green',
  reasons: [],
  score: 0.3,
  threshold: -1e9,
  design: 'red',
  ms: { detect: 5, judge: 1.25 },
  items: [],
  truth: [{ coin: 'red-40', design: 'red', set: 'drawn', side: 'obverse', visible: 1, found: true }],
  ...change,
});
const bad = (score: number | null, coin: string, change: Partial<CupOutcome> = {}): CupOutcome =>
  outcome({
    kind: 'one_impostor',
    truthDesign: null,
    greenAllowed: false,
    score,
    truth: [{ coin, design: 'blue', set: 'drawn', side: 'obverse', visible: 1, found: true }],
    ...change,
  });

/** Tags that are opened and closed in order, attributes that are quoted. Returns the names of the elements. */
function elementsOf(page: string): string[] {
  const lonely = new Set(['meta', 'img', 'br']);
  const open: string[] = [];
  const names: string[] = [];
  for (const [tag, closing, name = '', attributes = '', end] of page.matchAll(
    /<(\/?)([a-z0-9]+)((?:[^<>"]|"[^"]*")*?)(\/?)>/g,
  )) {
    if (closing === '/') expect(open.pop(), tag).toBe(name);
    else if (end !== '/' && !lonely.has(name)) open.push(name);
    expect(attributes.replace(/ [a-zA-Z0-9-]+="[^"<]*"/g, '').trim(), tag).toBe('');
    names.push(name);
  }
  expect(open).toEqual([]);
  const texts = page
    .replace(/<style>[^<]*<\/style>/, '')
    .replace(/<(\/?)([a-z0-9]+)((?:[^<>"]|"[^"]*")*?)(\/?)>/g, '')
    .replace('<!doctype html>', '');
  expect(texts).not.toMatch(/[<>]/);
  return names;
}

let folder = '';
let run: EvaluatedRun;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-report-'));
  writeTinyBundle(join(folder, 'tiny'));
  copyFileSync(join(demoFolder, '01-oak-mark.jpg'), join(folder, 'cup.jpg'));
  const seen = {
    coin: 'blue-7',
    truthDesign: evil,
    trueSide: 'obverse',
    set: 'drawn',
    matched: true,
    box: [300, 200, 180, 180],
    design: 'red',
    side: 'reverse',
    score: 0.4,
    compatible: true,
    diameterMm: 24.2,
    trueDiameterMm: 24,
    quality: { rimSeen: 1, rimWidth: 0.3, luma: 120, clipped: 0 },
  } as const;
  const outcomes = [
    outcome({ items: [{ ...seen, truthDesign: 'red' }] }),
    bad(0.4, evil, { kind: `${evil}kind`, items: [seen] }),
    outcome({ verdict: 'amber', reasons: ['mixed_designs'] }),
  ];
  const line = {
    image: 'cup.jpg',
    expect: 'red',
    green_allowed: true,
    seed: 31,
    items: [{ box: [700, 300, 180, 180], design: 'red', side: 'reverse' }],
  };
  const wrong = { ...line, kind: `${evil}kind`, green_allowed: false, items: [{ ...line.items[0], design: evil }] };
  run = {
    cups: parseTruth([line, wrong, line].map((cup) => JSON.stringify(cup)).join('\n'), 'truth.jsonl', false),
    bundle: await loadBundle(join(folder, 'tiny'), anyTrust),
    rules: {
      overrideNotCovered: false,
      acceptUnread: false,
      threshold: -1e9,
      sharedSides: 'strict',
      minInformative: 1,
      knownDesigns: null,
      ignoreReference: false,
      ignoreScale: false,
    },
    judges: ['metric', 'softmax-sum'],
    outcomes: outcomes.flatMap((one) => [one, { ...one, judge: 'softmax-sum' }]),
    jobs: 2,
    resumed: 0,
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the report', () => {
  it('holds every part, as one well-formed page that needs nothing else', async () => {
    const page = await reportPage(run, { folder, program: '0.1.0, commit 1a2b3c4', date: '2030-01-02' });
    const names = elementsOf(page);
    expect(names).not.toContain('script');
    expect(page).not.toMatch(/(?:src|href)="(?!data:image\/jpeg;base64,)/);
    expect(page).not.toContain('http://');
    for (const title of ['Judges', 'Coverage and risk', 'Reliability', 'Slices', 'Reasons of ambers', 'False greens'])
      expect(page).toContain(`<h2>${title}</h2>`);
    for (const said of [
      run.bundle.sha256,
      'commit 1a2b3c4',
      '2030-01-02',
      '<dt>seeds</dt><dd>31</dd>',
      'mixed_designs',
    ])
      expect(page).toContain(said);
    // The item as it was seen, an example of what it was taken for, the false green.
    expect(page.match(/data:image\/jpeg/g)).toHaveLength(3);
    expect(page).toMatch(/taken for <b>red, reverse<\/b>: 1 distinct item, seen 1 time/);
    // No threshold is calibrated for it.
    expect(page).toContain('<td>softmax-sum *</td>');
    expect(page).toContain('<td>metric</td><td>50.0 %</td><td>1 of 2</td><td class="bad">1</td>');
  });

  it('escapes what comes from files', async () => {
    const shown = await reportPage(run, { folder, program: evil, date: evil });
    expect(shown).not.toContain('<script');
    expect(shown.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;').length).toBeGreaterThan(5);
  });

  it('draws plots that are XML', async () => {
    const page = await reportPage(run, { folder, program: '0.1.0', date: null });
    const plots = page.match(/<svg class="plot"[\s\S]*?<\/svg>/g) ?? [];
    expect(plots).toHaveLength(3);
    for (const plot of plots) {
      const alone = plot.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" width="560" height="360" ');
      expect(await sharp(Buffer.from(alone)).metadata()).toMatchObject({ format: 'svg', width: 560 });
    }
  });

  it('is refused before any cup is judged where it could not be written', async () => {
    await expect(requireReportPlace(join(folder, 'nowhere', 'r.html'))).rejects.toMatchObject({ code: 'USAGE' });
    await expect(requireReportPlace(folder)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(requireReportPlace(join(folder, 'r.html'))).resolves.toBeUndefined();
  });
});

it('markup escapes texts, also within attributes, and takes control characters away', () => {
  const bold = html`<b>${'a & b'}</b>`;
  expect(html`<i title="${'"x"'}">${bold}${[bold, bold]}${1}${'\u0007'}</i>`.toString()).toBe(
    '<i title="&quot;x&quot;"><b>a &amp; b</b><b>a &amp; b</b>\n<b>a &amp; b</b>1·</i>',
  );
});

describe('riskCurve', () => {
  it('counts cups of one score together, false greens by cups and their bound by coins', () => {
    const curve = riskCurve([
      outcome({ score: 0.9 }),
      outcome({ score: 0.5 }),
      bad(0.5, 'a'),
      bad(0.4, 'a'),
      bad(null, 'b', { verdict: 'amber' }),
      outcome({ score: 0.8, verdict: 'amber' }),
    ]);
    expect(curve.map(({ score, coverage, risk }) => [score, coverage, risk])).toEqual([
      [0.9, 1 / 3, 0],
      [0.5, 2 / 3, 1 / 3],
      [0.4, 2 / 3, 2 / 3],
    ]);
    // One of two coins failed, however many of its cups did.
    expect(curve[2]?.bound).toBe(curve[1]?.bound);
    expect(curve[0]?.bound).toBeCloseTo(1 - 0.05 ** (1 / 2));
  });

  it('keeps the last point before the first false green when it thins out', () => {
    const many = Array.from({ length: 5000 }, (_, k) => outcome({ score: 10 - k / 1000 }));
    const curve = riskCurve([...many, bad(7.3335, 'a')]);
    expect(curve.length).toBeLessThan(200);
    expect(curve.findLast(({ risk }) => risk === 0)?.score).toBe(7.334);
    expect(curve.at(-1)?.coverage).toBe(1);
  });
});

it('atThreshold takes greens below their threshold, and those of designs without one', () => {
  const cups = [outcome({ score: 0.3 }), outcome({ score: 0.3, design: 'blue' }), outcome({ score: 0.2 })];
  expect(atThreshold(cups, ({ design }) => (design === 'red' ? 0.3 : null))).toMatchObject([
    { verdict: 'green', reasons: [] },
    { verdict: 'amber', reasons: ['not_covered'] },
    { verdict: 'amber', reasons: ['low_margin'] },
  ]);
});

it('reliability tells the share of right cups by score, ambers too', () => {
  const bins = reliability([
    outcome({ score: 1 }),
    outcome({ score: 0.93, verdict: 'amber' }),
    bad(0.95, 'a'),
    bad(-0.4, 'a'),
    outcome({ score: null }),
  ]);
  expect(bins).toMatchObject([
    { from: 0, cups: 1, right: 0, meanScore: 0 },
    { from: 0.9, cups: 3, right: 2, meanScore: expect.closeTo(0.96) as number },
  ]);
});

it('slices part clean cups by items, backs, wear, set and source', () => {
  const worn = { coin: 'Barber10-04', design: 'red', set: 'us', side: 'reverse', visible: 1, found: true };
  const unknown = { ...worn, coin: null };
  const cups = [
    outcome({ trueItems: 5, backs: 1, truth: [worn, { ...worn, coin: 'Barber10-60' }] }),
    outcome({ trueItems: 5, backs: null, verdict: 'amber', truth: [worn, unknown] }),
    outcome({ trueItems: 3 }),
  ];
  const table = Object.fromEntries(
    slicesOf(cups).map(({ group, name, holds }) => [`${group}: ${name}`, coverageOf(cups.filter(holds))]),
  );
  expect(table).toEqual({
    ': all clean cups': { part: 2, of: 3 },
    'items in the cup: 1 to 3': { part: 1, of: 1 },
    'items in the cup: 4 to 6': { part: 1, of: 2 },
    'backs up: up to half': { part: 1, of: 1 },
    'backs up: all': { part: 1, of: 1 },
    'wear: some coin below grade 7': { part: 1, of: 1 },
    'wear: no coin below grade 7': { part: 1, of: 1 },
    'set: drawn': { part: 1, of: 1 },
    'set: us': { part: 1, of: 2 },
    'source: drawn': { part: 2, of: 3 },
  });
});

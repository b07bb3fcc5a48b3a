import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offlineEngine } from '../../src/cli/offline-engine.js';
import { readPicture } from '../../src/cli/read-picture.js';
import { shippedBundle } from '../../src/daemon/config/shipped-bundle.js';
import { loadBundle } from '../../src/pipeline/bundle/load.js';
import type { Engine } from '../../src/pipeline/engine.js';
import { emptyCup, type EmptyCup } from '../../src/pipeline/judge-cup.js';
import type { Judgement, Reason } from '../../src/pipeline/judgement.js';
import { judgesOf } from '../../src/pipeline/judges/registry.js';
import { anyTrust } from '../fixtures/any-trust.js';
import { type ComposedCup, composeCups, whyNoCups } from '../fixtures/composed-cups.js';
import { policy } from '../fixtures/cup-facts.js';
import { judgementsOf, linesOf, spoken, yearless } from '../fixtures/judging.js';

interface OpenCup {
  readonly image: string;
  readonly stranger: string;
  readonly whole: boolean;
  readonly order: { readonly design: string; readonly count: number };
  readonly pxPerMm: number;
}

const folder = new URL('../fixtures/open-set/', import.meta.url).pathname;
const all = linesOf(folder, 'open-set.jsonl') as OpenCup[];
const otherYear = 'unknown sibling of another year';
const cups = all.filter(({ stranger }) => stranger !== otherYear);

/**
 * What has to be said first, for a packer reads no further; alone in the cup, or one among right ones.
 * A foreign thing or a design that nobody taught resembles nothing known of its size, and to name a known design, as
 * `wrong_design` and `mixed_designs` do, would be a lie. A sibling that the bundle knows is to be named.
 * Of a whole cup of an unknown design some may look like a known one of its size: then none is what was ordered, and
 * besides some are unknown. So it is with washers: the hole can be taken for the rim, and one with no rim to measure may
 * look like something known. A sibling that the bundle does not know, and that only its size tells apart, is of the wrong size.
 */
const first: Readonly<Record<string, { readonly among: Reason; readonly whole: Reason }>> = {
  button: { among: 'unknown_design', whole: 'unknown_design' },
  token: { among: 'unknown_design', whole: 'unknown_design' },
  washer: { among: 'unknown_design', whole: 'unknown_design' },
  blank: { among: 'unknown_design', whole: 'unknown_design' },
  'unknown design': { among: 'unknown_design', whole: 'unknown_design' },
  'known sibling of another size': { among: 'mixed_designs', whole: 'wrong_design' },
  'unknown sibling of another size': { among: 'wrong_size', whole: 'wrong_size' },
  'known sibling of the same size': { among: 'mixed_designs', whole: 'wrong_design' },
  'shared side': { among: 'uninformative', whole: 'uninformative' },
};

/** Where more has to be said. */
const besides: Readonly<Record<string, readonly Reason[]>> = {
  'button-small-among.jpg': ['wrong_size'],
  'token-large-among.jpg': ['wrong_size'],
  'same-picture-other-size-among.jpg': ['wrong_size'],
  'same-picture-other-size-whole.jpg': ['wrong_size'],
};

const said = (judgement: Judgement): string => (judgement.verdict === 'green' ? 'GREEN' : judgement.reasons[0].reason);

let engine: Engine;
beforeAll(async () => {
  engine = await offlineEngine(null, 2);
});
afterAll(async () => {
  await engine.close();
});

describe('a stranger in the cup', () => {
  let empty: EmptyCup;
  /** What every judge says first, those without a threshold of their own taken at their word: a line a cup. */
  const table: string[] = [];
  let others: Engine;
  let names: readonly string[] = [];
  beforeAll(async () => {
    const bundle = await loadBundle(shippedBundle, anyTrust);
    names = judgesOf(bundle).filter((name) => name !== bundle.manifest.judge.name);
    others = await offlineEngine(null, 2, names);
    empty = emptyCup(await readPicture(join(folder, 'empty.jpg')), engine);
  });
  afterAll(async () => {
    await others.close();
    console.log(`first reasons of other judges, with no threshold (${names.join(' ')}):\n${table.join('\n')}`);
  });

  it.each(cups)('$image is amber for the right reason', async ({ image, stranger, whole, order, pxPerMm }) => {
    const picture = await readPicture(join(folder, image));
    const view = { pxPerMm, empty };
    const [judgement] = await judgementsOf(engine, picture, order, view);
    const reasons = judgement.verdict === 'green' ? [] : judgement.reasons.map(({ reason }) => reason);
    const expected = first[stranger]?.[whole ? 'whole' : 'among'];
    expect(reasons[0], spoken(judgement)).toBe(expected);
    expect(reasons).toEqual(expect.arrayContaining([...(besides[image] ?? [])]));
    expect(reasons, 'the count is right').not.toContain('count_mismatch');
    // Nor may it pass where less is known: no count, no picture of the empty cup, no scale.
    const doubting = [
      await judgementsOf(engine, picture, { ...order, count: null }, { pxPerMm, empty: null }),
      // Nothing but a ruler tells these apart.
      ...(stranger.endsWith('of another size')
        ? []
        : [await judgementsOf(engine, picture, order, { pxPerMm: null, empty })]),
    ];
    for (const [one] of doubting) expect(one.verdict, spoken(one)).toBe('amber');
    const trusting = { ...yearless, overrideNotCovered: true };
    table.push(
      `${image.padEnd(36)}${(await judgementsOf(others, picture, order, view, trusting)).map(said).join(' ')}`,
    );
  });

  it.each(all.filter(({ stranger }) => stranger === otherYear))(
    '$image is amber, for the bundle knows that it does not read the year',
    async ({ image, order, pxPerMm }) => {
      const picture = await readPicture(join(folder, image));
      const [judgement] = await judgementsOf(engine, picture, order, { pxPerMm, empty }, policy);
      expect(said(judgement), spoken(judgement)).toBe('not_covered');
      // Where years do not matter nothing holds it back. Once a bundle reads the year this turns red: the cups belong among the others then.
      const [trusting] = await judgementsOf(engine, picture, order, { pxPerMm, empty });
      expect(said(trusting)).toBe('GREEN');
      expect(trusting.warnings).toContain('unread_detail');
    },
  );

  it('is amber too where shared sides are allowed but none tells the design', async () => {
    const allowing = { ...yearless, sharedSides: 'allow' } as const;
    for (const { image, order, pxPerMm, stranger, whole } of cups) {
      // One shared side beside others that tell is what `allow` allows.
      if (stranger === 'shared side' && !whole) continue;
      const picture = await readPicture(join(folder, image));
      const [judgement] = await judgementsOf(engine, picture, order, { pxPerMm, empty }, allowing);
      expect(judgement.verdict, `${image}: ${spoken(judgement)}`).toBe('amber');
      if (stranger === 'shared side') expect(said(judgement)).toBe('uninformative');
    }
  });
});

const missing = whyNoCups('photographs');
describe.skipIf(missing !== null)(`photographs of strangers${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let composed = '';
  let strangers: ComposedCup[] = [];
  beforeAll(() => {
    composed = mkdtempSync(join(tmpdir(), 'cupcheck-strangers-'));
    const split = ['--split', 'calibration', '--source', 'photographs', '--kinds', 'foreign,unknown_design'];
    strangers = composeCups(composed, ['--seed', '84', '--cups', '40', ...split]);
  }, 600_000);
  afterAll(() => {
    rmSync(composed, { recursive: true });
  });

  it('coins of other countries and bottle caps among US types are never green', async () => {
    const sets = new Set(strangers.flatMap(({ items }) => items.map(({ set }) => set)));
    expect([...sets]).toEqual(expect.arrayContaining(['us-types', 'world', 'foreign']));
    const counts = new Map<string, number>();
    for (const { image, kind, expect: design, count, px_per_mm: pxPerMm, reference } of strangers) {
      const empty = emptyCup(await readPicture(join(composed, reference)), engine);
      const picture = await readPicture(join(composed, image));
      const [judgement] = await judgementsOf(engine, picture, { design, count }, { pxPerMm, empty });
      expect(judgement.verdict, `${image} (${kind})`).toBe('amber');
      const line = `${kind}: ${said(judgement)}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    console.log([...counts].map(([line, times]) => `${line} × ${String(times)}`).join('\n'));
  }, 300_000);
});

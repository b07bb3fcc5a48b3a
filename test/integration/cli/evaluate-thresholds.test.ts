import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { atThreshold } from '../../../src/cli/evaluate/at-threshold.js';
import { type EvaluateOptions, judgeCups } from '../../../src/cli/evaluate/evaluate.js';
import { judgesOf } from '../../../src/pipeline/judges/registry.js';
import { compiled } from '../../fixtures/compiled.js';
import { demoFolder } from '../../fixtures/live-station.js';

interface DemoCup {
  readonly image: string;
  readonly order: { readonly design: string; readonly count: number };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-thresholds-'));
  const cups = readFileSync(join(demoFolder, 'demo.jsonl'), 'utf8').trim().split('\n');
  copyFileSync(join(demoFolder, 'empty.jpg'), join(folder, 'empty.jpg'));
  const lines = cups.flatMap((line) => {
    const { image, order } = JSON.parse(line) as DemoCup;
    copyFileSync(join(demoFolder, image), join(folder, image));
    const cup = { image, px_per_mm: 8, reference: 'empty.jpg', green_allowed: false, items: [] };
    // As ordered, and with nothing ordered: then the judge says what it is.
    return [
      { ...cup, design: null, expect: order.design, count: order.count },
      { ...cup, design: null },
    ];
  });
  writeFileSync(join(folder, 'truth.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const runAt = (threshold: number) =>
  judgeCups({
    folder,
    judges: ['all'],
    bundle: null,
    gallery: null,
    precision: 'fp32',
    cupsOut: null,
    jobs: 2,
    worker: compiled('cli/evaluate/worker.ts'),
    onProgress: null,
    signal: new AbortController().signal,
    overrideNotCovered: false,
    acceptUnread: true,
    threshold,
    sharedSides: 'strict',
    minInformative: 1,
    knownDesigns: null,
    ignoreReference: false,
    ignoreScale: false,
  } satisfies EvaluateOptions);

it('one run at a low threshold tells what a run at any other gives, by every judge', { timeout: 120_000 }, async () => {
  const low = await runAt(-1e9);
  expect(low.judges).toEqual(judgesOf(low.bundle));
  const scores = low.outcomes.flatMap(({ verdict, score }) => (verdict === 'green' && score !== null ? [score] : []));
  const sorted = scores.toSorted((a, b) => a - b);
  // A score that a cup has: at it the cup is green still.
  const [threshold = 0] = sorted.slice(Math.floor(sorted.length / 2));
  const verdicts = (outcomes: typeof low.outcomes) =>
    outcomes.map(({ judge, image, verdict }) => ({ judge, image, verdict }));
  const high = await runAt(threshold);
  expect(verdicts(atThreshold(low.outcomes, () => threshold))).toEqual(verdicts(high.outcomes));
  const greens = (outcomes: typeof low.outcomes) => outcomes.filter(({ verdict }) => verdict === 'green').length;
  expect(greens(high.outcomes)).toBeGreaterThan(0);
  expect(greens(high.outcomes)).toBeLessThan(greens(low.outcomes));
});

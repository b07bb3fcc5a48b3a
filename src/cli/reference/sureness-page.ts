import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shippedBundle } from '../../daemon/config/shipped-bundle.js';
import { type EvidenceSpec, type Manifest, parseManifest, scopeOf } from '../../pipeline/bundle/manifest.js';
import { trialsNeeded } from '../evaluate/bound.js';

const AIMS = [0.01, 0.001, 0.0001];
const BAD_CUPS = [1 / 20, 1 / 100, 1 / 1000];
const GREEN_OF_GOOD = [1, 0.8, 0.5];
const AUDIT_SHARES = [0.01, 0.05, 0.2, 1];

const scopeWords = { design: 'this design', family: 'its family', pooled: 'all designs of the pool, on average' };

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
/** Two digits that count, so that nobody takes a bound for a measurement; downwards, so that it is still one. */
function rounded(value: number): string {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return whole(Math.floor(value / unit) * unit);
}
const percent = (share: number) => `${String(Number((share * 100).toFixed(2)))} %`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Greens for each wrong one, at least: `bad` of all cups are bad, `bound` of these and `green` of the good ones turn green. */
export function greensForAWrongOne(bound: number, bad: number, green: number): number {
  return (bad * bound + (1 - bad) * green) / (bad * bound);
}

interface Bounded {
  readonly name: string;
  readonly designs: number;
  readonly whose: string;
  readonly evidence: EvidenceSpec;
}

function boundedBy({ thresholds, designs }: Manifest): Bounded[] {
  return Object.entries(thresholds).flatMap(([name, spec]) =>
    spec.score === null || spec.evidence === null
      ? []
      : [
          {
            name,
            designs: designs.filter(({ threshold }) => threshold === name).length,
            whose: scopeWords[scopeOf(spec)],
            evidence: spec.evidence,
          },
        ],
  );
}

const inWords = ({ name, evidence: { bound, confidence } }: Bounded) =>
  `- **${name}**: at most ${percent(bound)} of bad cups turn green (confidence ${percent(confidence)}). With one bad cup in a hundred, and every good cup green, that is at most one wrong green in ${rounded(greensForAWrongOne(bound, 0.01, 1))}.`;

function evidenceTable(bounded: readonly Bounded[]): string {
  return table(
    [
      'threshold',
      'the bound speaks of',
      'designs that name it',
      'distinct coins',
      'false greens',
      'bound',
      'bound for any mix of kinds',
    ],
    bounded.map(({ name, whose, designs, evidence }) => [
      name,
      whose,
      whole(designs),
      whole(evidence.distinctCoins),
      whole(evidence.falseGreens),
      percent(evidence.bound),
      evidence.anyMix === undefined ? 'not computed' : percent(evidence.anyMix),
    ]),
  );
}

function kindTable(bounded: readonly Bounded[]): string {
  const rows = bounded.flatMap(({ name, evidence }) =>
    Object.entries(evidence.kinds).map(([kind, { coins, falseGreens, bound }]) => [
      name,
      kind,
      whole(coins),
      whole(falseGreens),
      percent(bound),
    ]),
  );
  return table(['threshold', 'kind of bad cup', 'distinct coins', 'false greens', 'bound'], rows);
}

/** Bounds of before cups full of wrong coins counted once: nothing in them tells, but that they lack what came with the new count. */
function countedLater(bounded: readonly Bounded[]): string {
  const old = bounded.filter(({ evidence }) => evidence.anyMix === undefined).map(({ name }) => name);
  if (old.length === 0) return '';
  return `**Counted the older way: ${old.join(', ')}.** Each coin of a cup full of wrong coins counted by itself there, which promises too
much; the next calibration counts such a cup once, and its bounds will be larger.\n\n`;
}

function distanceTable(bounded: readonly Bounded[]): string {
  return table(
    ['bound', 'takes', ...bounded.map(({ name }) => `missing: ${name}`)],
    AIMS.map((aim) => {
      const needed = trialsNeeded(aim, 0.95);
      const missing = bounded.map(({ evidence }) => {
        const short = Math.max(0, needed - evidence.distinctCoins);
        return evidence.falseGreens > 0 ? 'more: not without a false green' : short === 0 ? 'none' : whole(short);
      });
      return [percent(aim), whole(needed), ...missing];
    }),
  );
}

const wrongGreens = table(
  ['bad cups', ...GREEN_OF_GOOD.map((green) => `${percent(green)} of good cups turn green`)],
  BAD_CUPS.map((bad) => [
    `1 in ${whole(1 / bad)}`,
    ...GREEN_OF_GOOD.map((green) => `1 green in ${rounded(greensForAWrongOne(0.01, bad, green))} is wrong`),
  ]),
);

const audits = table(
  [
    'at most so many greens are wrong',
    'audits without a wrong one',
    ...AUDIT_SHARES.map((share) => `greens at audit.share ${String(share)}`),
  ],
  AIMS.map((aim) => {
    const needed = trialsNeeded(aim, 0.95);
    return [percent(aim), whole(needed), ...AUDIT_SHARES.map((share) => whole(needed / share))];
  }),
);

/** docs/how-sure-is-green.md: what a bundle's bounds mean, in words. */
export function surenessPage(manifest: Manifest): string {
  const bounded = boundedBy(manifest);
  const without = manifest.designs.filter(
    ({ threshold }) => threshold === null || manifest.thresholds[threshold]?.score === null,
  );
  const bare =
    without.length === 0
      ? 'Every design of the bundle names one.'
      : `Without one, so never green: ${without.map(({ name }) => name).join(', ')}.`;
  return `# How sure is a green?

Generated by \`npm run docs\` from the thresholds of the bundle \`${manifest.name}\` ${manifest.version}, which comes with the program.

A green can be wrong: a bad cup may look good to the judge. How often at most, is counted before a bundle ships, and each
result carries the number: \`evidence.bound\`.

${bounded.map(inWords).join('\n')}

These cups were composed of photographs of single coins, or drawn. No real cup has been counted.

## What the number is

The bound is the greatest probability that a **bad** cup turns green which the calibration still allows. It says nothing about how many cups
are bad: that is yours to know. With a bound of 1 %:

${wrongGreens}

The fewer good cups turn green, the more a wrong one weighs among them.

## What it rests on

${evidenceTable(bounded)}

${kindTable(bounded)}

${countedLater(bounded)}${bare}

- **Counted are distinct coins, never pictures.** A thousand cups with the same thirty wrong coins are thirty pieces of evidence, since a coin
  that fools the judge once does so again. A cup full of wrong coins is one, since it is green only if all of them fool the judge
  together. A coin has failed if any of its cups turned green.
- **What is promised**: draw a new coin from where the calibration's came from, and lay it into a cup; the cup turns green with at most this
  probability. In one calibration of twenty the promise may fail: that is the 95 %. A simulation holds it to that
  (\`python3 -m calibration.simulate\` in \`models/\`), and shows that counting pictures would break it.
- **What is not promised**: that no single coin passes again and again; that a bound holds for cups that look unlike the calibration's, for
  another lamp, or for people who choose their coins to deceive; and, where the bound is that of many designs, that each of them is as good as
  their average. Then the result warns \`pooled_bound\` or \`family_bound\`.
- **By kind**: each kind's bound holds by itself. "For any mix" holds for all kinds at once, so it does not matter which ones your
  line brings. It is as weak as the kind with the least evidence.

## How far it is to less

Without any false green, a bound takes about 3 / bound distinct coins at 95 %:

${distanceTable(bounded)}

## Counting on at the station: audits

\`audit.share\` makes a random share of the greens amber (\`audit\`). A person tips the cup out, looks at both sides of each coin, and answers
\`cupcheck resolve\`. That bounds what matters in the end: how many of the greens are wrong.

${audits}

Only random audits count. Ambers that a person picks, or that the station asks about because it is unsure, are no sample of its greens.

## What you can ask for

| key | does |
|---|---|
| \`risk.maxGreenIfBad\` | a bound above it is not enough: the design is amber (\`not_covered\`) |
| \`risk.unread\` | \`amber\`: a design with sisters of another year, which the bundle was measured not to tell from it, is not covered. \`accept\`: its greens mean the picture and the size, not the year, and each warns \`unread_detail\` |
| \`risk.accept\` | whose bound is enough: \`design\`, also its \`family\`'s, or also the \`pooled\` one of many designs |
| \`audit.share\` | the share of greens that a person checks |
`;
}

/** The page of the bundle that comes with the program. Errors: BUNDLE_INVALID. */
export const shippedSurenessPage = (): string =>
  surenessPage(parseManifest(readFileSync(join(shippedBundle, 'manifest.json'))));

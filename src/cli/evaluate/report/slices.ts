import type { CupOutcome } from '../outcome.js';
import { isFalseGreen, type Share } from '../summary.js';

/** Clean cups that have something in common, by judge. */
export interface Slice {
  readonly group: string;
  readonly name: string;
  readonly holds: (cup: CupOutcome) => boolean;
}

/** US coins are graded from 1 to 70; below this they are worn nearly flat. */
const worn = 7;

/** The grade that a coin's name ends in; `null` where it ends in none. */
function gradeOf(coin: string | null): number | null {
  const [, grade] = /-(\d{1,2})$/.exec(coin ?? '') ?? [];
  return grade === undefined || Number(grade) < 1 || Number(grade) > 70 ? null : Number(grade);
}

const worst = (cup: CupOutcome): number | null => {
  const grades = cup.truth.map(({ coin }) => gradeOf(coin));
  // Where one coin's wear is not known, the cup's is not.
  return grades.length === 0 || grades.includes(null) ? null : Math.min(...grades.map(Number));
};

const counts = [
  [1, 3],
  [4, 6],
  [7, 10],
  [11, 20],
] as const;

const setOf = (cup: CupOutcome): string => cup.truth[0]?.set ?? 'not said';
const sourceOf = ({ source }: CupOutcome): string => source ?? 'not said';

const distinct = (values: readonly string[]) => [...new Set(values)].sort((a, b) => a.localeCompare(b));

/** The slices of these clean cups. Those of no cup are left out. */
export function slicesOf(clean: readonly CupOutcome[]): Slice[] {
  const slices: Slice[] = [
    { group: '', name: 'all clean cups', holds: () => true },
    ...counts.map(([least, most]) => ({
      group: 'items in the cup',
      name: `${least} to ${most}`,
      holds: ({ trueItems }: CupOutcome) => trueItems >= least && trueItems <= most,
    })),
    ...(
      [
        ['none', (share) => share === 0],
        ['up to half', (share) => share > 0 && share <= 0.5],
        ['over half', (share) => share > 0.5 && share < 1],
        ['all', (share) => share === 1],
      ] as const satisfies readonly (readonly [string, (share: number) => boolean])[]
    ).map(([name, fits]) => ({
      group: 'backs up',
      name,
      holds: ({ backs }: CupOutcome) => backs !== null && fits(backs),
    })),
    {
      group: 'wear',
      name: `some coin below grade ${worn}`,
      holds: (cup) => (worst(cup) ?? worn) < worn,
    },
    {
      group: 'wear',
      name: `no coin below grade ${worn}`,
      holds: (cup) => (worst(cup) ?? 0) >= worn,
    },
    ...distinct(clean.map(setOf)).map((set) => ({
      group: 'set',
      name: set,
      holds: (cup: CupOutcome) => setOf(cup) === set,
    })),
    ...distinct(clean.map(sourceOf)).map((source) => ({
      group: 'source',
      name: source,
      holds: (cup: CupOutcome) => sourceOf(cup) === source,
    })),
  ];
  return slices.filter(({ holds }) => clean.some(holds));
}

export const coverageOf = (cups: readonly CupOutcome[]): Share => ({
  part: cups.filter((cup) => cup.verdict === 'green' && !isFalseGreen(cup)).length,
  of: cups.length,
});

/** Kinds of badness, the most frequent first. */
export function badKinds(cups: readonly CupOutcome[]): string[] {
  const sizes = new Map<string, number>();
  for (const { kind, greenAllowed } of cups) if (!greenAllowed) sizes.set(kind, (sizes.get(kind) ?? 0) + 1);
  return [...sizes].sort((a, b) => b[1] - a[1]).map(([kind]) => kind);
}

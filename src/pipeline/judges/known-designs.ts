import type { Bundle } from '../bundle/load.js';
import type { Engine } from '../engine.js';
import type { Judge, ScoredItem } from './judge.js';
import type { JudgeName } from './names.js';
import { judgeEntry } from './registry.js';

/** Judges that can be asked as if fewer designs were known; the others' networks have the number of designs built in. */
const restrictable: readonly JudgeName[] = [
  'vote',
  'softmax-sum',
  'log-softmax-sum',
  'metric',
  'metric-mean',
  'cgd',
  'combined',
];

export const canKnowFewer = (judge: string): boolean => (restrictable as readonly string[]).includes(judge);

/**
 * The bundle as if it knew these designs alone: its classes name the others no more, and a class of no design is neither
 * what an item is nor a rival. Numbers of classes and designs stay, since networks count in them.
 */
function knowingOnly(bundle: Bundle, known: ReadonlySet<string>): Bundle {
  const classes = bundle.manifest.classes.map((one) => ({
    ...one,
    designs: one.designs.filter((id) => known.has(id)),
  }));
  return { ...bundle, manifest: { ...bundle.manifest, classes } };
}

/** A softmax over the classes that are known: the others get no probability. */
function withoutClasses(judge: Judge, isKnown: readonly boolean[]): Judge {
  const masked = (item: ScoredItem): ScoredItem => ({
    ...item,
    classScores: item.classScores.map((score, index) => (isKnown[index] === true ? score : -Infinity)),
  });
  return { name: judge.name, judge: (cup) => judge.judge({ ...cup, items: cup.items.map(masked) }) };
}

/** The engine as if its bundle knew these designs alone, for measuring. Its judges must be ones that can know fewer. */
export function engineKnowing(engine: Engine, known: ReadonlySet<string>): Engine {
  const bundle = knowingOnly(engine.bundle, known);
  const isKnown = bundle.manifest.classes.map(({ designs }) => designs.length > 0);
  const again = ({ name }: Judge): Judge =>
    withoutClasses(judgeEntry(name).make({ bundle, items: engine.items, heads: engine.heads }), isKnown);
  const [first, ...others] = engine.judges;
  return { ...engine, bundle, judges: [again(first), ...others.map(again)] };
}

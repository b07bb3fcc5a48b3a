import { similarities } from '../gallery.js';
import type { Judge } from './judge.js';
import { metricItemOpinion, metricResemblance } from './metric.js';
import { featuresOf, galleryOf, head, type JudgeParts, judgeSpec } from './parts.js';
import { classTable, opinionFrom, worstOf } from './resemblance.js';

/**
 * Nearest known examples by two descriptions of an item: the items network's embedding and the combined global descriptors of `cgd`. An
 * item's similarity to a class is the mean of the two, for they err on different items. What was taught on the device has the first
 * alone: taught classes count by it as rivals, and taught designs are judged as `metric` judges them.
 */
export function combinedJudge(parts: JudgeParts): Judge {
  const { bundle } = parts;
  const { manifest } = bundle;
  const spec = judgeSpec(parts, 'combined');
  const second = galleryOf(parts, 'cgd');
  const describe = head(parts, 'cgd', 'descriptor');
  const described = second.byClass.length;
  const resemble = metricResemblance(bundle);
  const byFirst = metricItemOpinion(bundle);
  const { neighbours, unknownSimilarity, lookAlikes: ofFirst = [] } = manifest.judge;
  const floors = manifest.classes.map((_, index) => spec.floors[index] ?? unknownSimilarity);
  const ofTaught = ofFirst.filter(({ classes }) => classes.some((index) => index >= described));
  const table = classTable(manifest, [...spec.lookAlikes, ...ofTaught]);
  const isOf = (design: number, classes: typeof table.designsOf) => classes.some((members) => members.includes(design));
  const isTaught = manifest.designs.map(
    (_, design) => isOf(design, table.designsOf.slice(described)) && !isOf(design, table.designsOf.slice(0, described)),
  );
  const isAnyTaught = isTaught.includes(true);
  return {
    name: 'combined',
    async judge({ items }) {
      const descriptors = await describe(featuresOf(items));
      const opinions = items.map((item, index) => {
        const first = resemble(item);
        const others = similarities(descriptors[index] ?? new Float32Array(second.dim), second, neighbours);
        const mean = (one: number, at: number) => (at < described ? (one + (others[at] ?? -1)) / 2 : one);
        const opinion = opinionFrom(table, first.cosines.map(mean), floors, item.sizeFits, first.rivals.map(mean));
        if (!isAnyTaught) return opinion;
        const alone = byFirst(item, first);
        const score = opinion.score.map((value, design) =>
          isTaught[design] === true ? (alone.score[design] ?? -Infinity) : value,
        );
        return { ...opinion, score };
      });
      return worstOf(opinions, manifest.designs.length);
    },
  };
}

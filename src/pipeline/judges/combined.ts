import { similarities } from '../gallery.js';
import type { Judge } from './judge.js';
import { metricOpinion, metricResemblance } from './metric.js';
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
  const byFirst = metricOpinion(bundle);
  const { neighbours, unknownSimilarity, lookAlikes: ofFirst = [] } = manifest.judge;
  const floors = manifest.classes.map((_, index) => spec.floors[index] ?? unknownSimilarity);
  const ofTaught = ofFirst.filter(({ classes }) => classes.some((index) => index >= described));
  const table = classTable(manifest, [...spec.lookAlikes, ...ofTaught]);
  const isTaught = manifest.designs.map(
    (_, design) => !table.designsOf.slice(0, described).some((members) => members.includes(design)),
  );
  return {
    name: 'combined',
    async judge({ items }) {
      const descriptors = await describe(featuresOf(items));
      const alone = isTaught.includes(true) ? byFirst(items).items : [];
      const opinions = items.map((item, index) => {
        const { cosines, rivals } = resemble(item);
        const others = similarities(descriptors[index] ?? new Float32Array(second.dim), second, neighbours);
        const mean = (first: number, at: number) => (at < described ? (first + (others[at] ?? -1)) / 2 : first);
        const opinion = opinionFrom(table, cosines.map(mean), floors, item.sizeFits, rivals.map(mean));
        const score = opinion.score.map((value, design) =>
          isTaught[design] === true ? (alone[index]?.score[design] ?? -Infinity) : value,
        );
        return { ...opinion, score };
      });
      return worstOf(opinions, manifest.designs.length);
    },
  };
}

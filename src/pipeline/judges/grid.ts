import { cropResize } from '../../native/crop-resize.js';
import { similarities } from '../gallery.js';
import { sameForAll } from './cup-wide.js';
import type { Judge } from './judge.js';
import { type JudgeParts, judgeSpec } from './parts.js';
import { classTable } from './resemblance.js';
import { lookAt } from './second-look.js';
import { byDesign, probabilities } from './softmax.js';
import { leads } from './leads.js';

const COLUMNS = 4;
const ROWS = 3;
/** Side of a region over the distance of the grid: they overlap a little, so that an item between two is in one of them. */
const REACH = 1.2;

/**
 * Regions on a fixed grid in the place of a detector. A region that resembles nothing known does not count; the class
 * probabilities of the others are summed.
 */
export function gridJudge(parts: JudgeParts): Judge {
  const { manifest, gallery } = parts.bundle;
  const { scale } = judgeSpec(parts, 'softmax');
  const { mean, std, shape } = manifest.networks.items.input;
  const { fill, cropScale } = manifest.networks.items;
  const side = Number(shape[2]);
  const table = classTable(manifest, []);
  const designs = manifest.designs.length;
  return {
    name: 'grid',
    async judge({ items, picture }) {
      const pitch = Math.max(picture.width / COLUMNS, picture.height / ROWS);
      const boxes = new Float32Array(ROWS * COLUMNS * 4);
      for (let at = 0; at < ROWS * COLUMNS; at++) {
        const cx = ((at % COLUMNS) + 0.5) * (picture.width / COLUMNS);
        const cy = (Math.floor(at / COLUMNS) + 0.5) * (picture.height / ROWS);
        const length = REACH * pitch;
        boxes.set([cx - length / 2, cy - length / 2, length, length], at * 4);
      }
      const data = new Float32Array(ROWS * COLUMNS * 3 * side * side);
      const discPx = side / cropScale;
      cropResize(picture, boxes, { width: side, height: side, mean, std, fill, channels: 3, discPx }, data);
      const look = await lookAt(parts, { data, count: ROWS * COLUMNS, height: side, width: side });
      const sums = new Float64Array(designs);
      let counted = 0;
      for (const [index, embedding] of look.embeddings.entries()) {
        const nearest = Math.max(-1, ...similarities(embedding, gallery, manifest.judge.neighbours));
        if (nearest < manifest.judge.unknownSimilarity) continue;
        counted++;
        const classScores = look.classScores[index] ?? new Float32Array();
        for (const [design, value] of byDesign(table, probabilities({ classScores }, scale)).entries())
          sums[design] = (sums[design] ?? 0) + value;
      }
      const score = leads(
        sums.map((sum) => sum / Math.max(1, counted)),
        counted,
      );
      return sameForAll(table, items, score);
    },
  };
}

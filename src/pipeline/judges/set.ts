import { sameForAll } from './cup-wide.js';
import type { Judge } from './judge.js';
import { head, type JudgeParts } from './parts.js';
import { classTable } from './resemblance.js';
import { leads } from './leads.js';

/** Items that the set network has room for. */
const ROOM = 20;

/** All items' embeddings at once, pooled over the set by their maximum: which design is it, or not one alone? */
export function setJudge(parts: JudgeParts): Judge {
  const { manifest, gallery } = parts.bundle;
  const run = head(parts, 'set', 'designs');
  const table = classTable(manifest, []);
  const designs = manifest.designs.length;
  return {
    name: 'set',
    async judge({ items }) {
      const wide = gallery.dim + 1;
      const rows = new Float32Array(ROOM * wide);
      for (const [row, { embedding }] of items.slice(0, ROOM).entries()) {
        rows.set(embedding, row * wide);
        rows[row * wide + gallery.dim] = 1;
      }
      const [logits = new Float32Array(designs + 1)] = await run([rows]);
      // More than it has room for it cannot vouch for.
      const fits = items.length > 0 && items.length <= ROOM;
      return sameForAll(table, items, fits ? leads(logits, items.length).slice(0, designs) : noDesign(designs));
    },
  };
}

const noDesign = (designs: number) => new Float32Array(designs).fill(-Infinity);

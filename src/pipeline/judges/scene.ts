import { cropResize } from '../../native/crop-resize.js';
import { sameForAll } from './cup-wide.js';
import type { Judge } from './judge.js';
import { head, type JudgeParts, judgeSpec } from './parts.js';
import { classTable } from './resemblance.js';
import { lookAt } from './second-look.js';
import { leads } from './leads.js';

/** The whole picture at once: no detector, no items. */
export function sceneJudge(parts: JudgeParts): Judge {
  const { manifest } = parts.bundle;
  const { height, width } = judgeSpec(parts, 'scene');
  const { mean, std } = manifest.networks.items.input;
  const run = head(parts, 'scene', 'designs');
  const table = classTable(manifest, []);
  const designs = manifest.designs.length;
  return {
    name: 'scene',
    async judge({ items, picture }) {
      const data = new Float32Array(3 * height * width);
      const whole = Float32Array.of(0, 0, picture.width, picture.height);
      cropResize(picture, whole, { width, height, mean, std, fill: mean, channels: 3 }, data);
      const { features } = await lookAt(parts, { data, count: 1, height, width });
      const [logits = new Float32Array(designs + 1)] = await run(features);
      return sameForAll(table, items, leads(logits, items.length).slice(0, designs));
    },
  };
}

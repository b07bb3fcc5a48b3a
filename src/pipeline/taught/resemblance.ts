import type { Bundle } from '../bundle/load.js';
import type { DesignSpec } from '../bundle/manifest.js';
import { similarity } from '../gallery.js';
import type { TaughtDesign } from './taught-gallery.js';

/** Another design that a picture resembles. */
export interface Resemblance {
  readonly design: string;
  readonly similarity: number;
  /** Whether it is over that class's floor: an item that looked so would be taken for it. */
  readonly known: boolean;
}

/** The class of another design, of compatible size, that a vector is nearest to; `null` where none is of its size. */
export function resemblanceOf(
  vector: Float32Array,
  design: TaughtDesign | DesignSpec,
  bundle: Bundle,
): Resemblance | null {
  const { classes, designs, judge } = bundle.manifest;
  let nearest: Resemblance | null = null;
  for (const [index, one] of classes.entries()) {
    const fitting = one.designs
      .flatMap((id) => designs.find((other) => other.id === id) ?? [])
      .find((other) => Math.abs(other.diameterMm - design.diameterMm) <= other.toleranceMm);
    if (fitting === undefined || one.designs.includes(design.id)) continue;
    const own = bundle.gallery.byClass[index] ?? new Float32Array(0);
    const taught = bundle.candidate?.byClass[index] ?? new Float32Array(0);
    const found = Math.max(similarity(vector, own, judge.neighbours), similarity(vector, taught, judge.neighbours));
    if (nearest !== null && found <= nearest.similarity) continue;
    const known = found >= (one.unknownSimilarity ?? judge.unknownSimilarity);
    nearest = { design: fitting.id, similarity: found, known };
  }
  return nearest;
}

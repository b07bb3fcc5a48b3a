import { cropItems } from '../crop.js';
import type { Engine } from '../engine.js';
import type { Picture } from '../frame.js';
import type { Ellipse } from '../judgement.js';
import { scoreTurned } from '../score.js';

/**
 * What stands for an item in a gallery: the mean of its embeddings in four turns, of length 1, as the bundle's own were made.
 * @throws INFER_FAILED
 */
export async function embedItem(picture: Picture, outline: Ellipse, engine: Engine): Promise<Float32Array> {
  const spec = engine.bundle.manifest.networks.items;
  const [seen] = await scoreTurned(cropItems(picture, [outline], spec), 4, spec, engine.items);
  return seen?.embedding ?? new Float32Array(0);
}

import type { Crops } from '../crop.js';
import { cropItems } from '../crop.js';
import type { Engine } from '../engine.js';
import type { Picture } from '../frame.js';
import type { Ellipse } from '../judgement.js';
import { ofLengthOne, scoreItems } from '../score.js';

const TURNS = 4;

/** The first crop as it lies and turned by 90, 180 and 270°. */
function turned({ data, side }: Crops): Crops {
  const plane = side * side;
  const out = new Float32Array(TURNS * 3 * plane);
  out.set(data.subarray(0, 3 * plane));
  for (let from = 0; from < (TURNS - 1) * 3 * plane; from += plane)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) out[from + 3 * plane + x * side + (side - 1 - y)] = out[from + y * side + x] ?? 0;
  return { data: out, count: TURNS, side };
}

/**
 * What stands for an item in a gallery: the mean of its embeddings in four turns, of length 1, as the bundle's own were made.
 * @throws INFER_FAILED
 */
export async function embedItem(picture: Picture, outline: Ellipse, engine: Engine): Promise<Float32Array> {
  const spec = engine.bundle.manifest.networks.items;
  const scores = await scoreItems(turned(cropItems(picture, [outline], spec)), spec, engine.items);
  const [first, ...others] = scores.map(({ embedding }) => embedding);
  const sum = others.reduce(
    (total, one) => total.map((value, at) => value + (one[at] ?? 0)),
    first ?? new Float32Array(0),
  );
  return ofLengthOne(sum);
}

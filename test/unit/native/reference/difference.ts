import { CupcheckError } from '../../../../src/errors.js';
import { boxSums } from '../../../../src/pipeline/regions.js';
import type { Scene } from '../../../../src/pipeline/scene.js';

/** Log ratio over which a pixel is brighter than the empty cup: a shadow only darkens. */
const BRIGHTER = 0.13;
/** Log ratio under which it is darker than a soft shadow makes it. */
const DARKER = -1.3;
/** Log ratio by which one colour may change against the others: light of another colour is taken out beforehand. */
const COLOUR = 0.1;
/** Log ratio by which a pixel may differ from its surroundings: shadows are soft, things have edges and relief. */
const TEXTURE = 0.05;
/** What noise does to a log ratio grows as light falls: levels of noise over (level + floor). */
const NOISE = 2;
const FLOOR = 8;
/** Reach of the surroundings, scene pixels; about the softness of a shadow's border. */
const SOFT_REACH = 4;
/** A thing is where this share of the pixels around is strange; single strange pixels are noise. */
const DENSE_REACH = 2;
const DENSE_SHARE = 0.4;
/** The light may change so much between the reference and a cup. */
const MAX_LOG_GAIN = 0.6;

function medianOfRatios(ratio: Float32Array, covered: Uint8Array): number {
  const seen: number[] = [];
  for (let at = 0; at < ratio.length; at += 7) if (covered[at] === 0) seen.push(ratio[at] ?? 0);
  if (seen.length < 50) return 0;
  seen.sort((a, b) => a - b);
  const median = seen[seen.length >> 1] ?? 0;
  return Math.max(-MAX_LOG_GAIN, Math.min(MAX_LOG_GAIN, median));
}

/** Value less the mean of its surroundings, of those cells that are not covered. */
function highPass(values: Float32Array, covered: Uint8Array, columns: number, rows: number): Float32Array {
  const free = Float32Array.from(covered, (value) => 1 - value);
  const sums = boxSums(
    values.map((value, at) => value * (free[at] ?? 0)),
    columns,
    rows,
    SOFT_REACH,
  );
  const counts = boxSums(free, columns, rows, SOFT_REACH);
  return values.map((value, at) => value - (sums[at] ?? 0) / Math.max(1, counts[at] ?? 0));
}

/**
 * Marks what differs from the empty cup: brighter, of another colour, with edges or relief of its own, or darker than a
 * shadow. Common changes of brightness and of the colour of the light are taken out, and soft shadows pass.
 * @param covered 1 where a judged item (slightly grown) explains the scene: usedHeight × usedWidth of it
 * @returns 1 where something unexplained is, the same shape
 * @throws CALIBRATION_INVALID where the reference was taken at another size
 */
export function differenceFromEmpty(scene: Scene, empty: Scene, covered: Uint8Array): Uint8Array {
  const { usedWidth: columns, usedHeight: rows, width, height, mean, std } = scene;
  if (empty.usedWidth !== columns || empty.usedHeight !== rows || Math.abs(empty.scale - scene.scale) > 1e-6)
    throw new CupcheckError(
      'CALIBRATION_INVALID',
      'the picture of the empty cup has another size than the cup’s picture',
    );
  const cells = columns * rows;
  const level = new Float32Array(cells);
  const ratios = [0, 1, 2].map((channel) => {
    const ratio = new Float32Array(cells);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const from = channel * width * height + y * width + x;
        const now = Math.max(0, (scene.data[from] ?? 0) * std + mean);
        const before = Math.max(0, (empty.data[from] ?? 0) * std + mean);
        const at = y * columns + x;
        ratio[at] = Math.log((now + FLOOR) / (before + FLOOR));
        level[at] = (level[at] ?? 0) + Math.min(now, before) / 3;
      }
    const gain = medianOfRatios(ratio, covered);
    return ratio.map((value) => value - gain);
  });
  const [red, green, blue] = ratios as [Float32Array, Float32Array, Float32Array];
  const light = red.map((value, at) => (value + (green[at] ?? 0) + (blue[at] ?? 0)) / 3);
  const relief = highPass(light, covered, columns, rows);
  const strange = new Float32Array(cells);
  for (let at = 0; at < cells; at++) {
    if (covered[at] === 1) continue;
    const noise = NOISE / ((level[at] ?? 0) + FLOOR);
    const change = light[at] ?? 0;
    const colour = Math.max(
      Math.abs((red[at] ?? 0) - change),
      Math.abs((green[at] ?? 0) - change),
      Math.abs((blue[at] ?? 0) - change),
    );
    const differs =
      change > BRIGHTER + noise ||
      change < DARKER - noise ||
      colour > COLOUR + noise ||
      Math.abs(relief[at] ?? 0) > TEXTURE + noise;
    strange[at] = differs ? 1 : 0;
  }
  const around = boxSums(strange, columns, rows, DENSE_REACH);
  const square = (2 * DENSE_REACH + 1) ** 2;
  return Uint8Array.from(around, (sum, at) => (covered[at] === 0 && sum >= DENSE_SHARE * square ? 1 : 0));
}

import { CupcheckError } from '../../errors.js';
import { detect } from '../../pipeline/detect.js';
import type { Engine } from '../../pipeline/engine.js';
import type { Picture } from '../../pipeline/frame.js';
import { measureItems } from '../../pipeline/measure.js';
import { MIN_RIM_SEEN } from '../../pipeline/overlap.js';
import { sceneOf } from '../../pipeline/scene.js';
import type { ScaleFound } from './measure-target.js';

/** Coins of one design that differ more than this are not of one design, or the camera looks aslant. */
const MAX_SPREAD = 0.02;

/**
 * Pixels a millimetre by coins of a known diameter: measured as the station measures its items, so that whatever its
 * measure does to a rim is in the scale too.
 * @throws CALIBRATION_FAILED where no whole rim is seen, or the coins differ; INFER_FAILED
 */
export async function measureCoins(picture: Picture, diameterMm: number, engine: Engine): Promise<ScaleFound> {
  const spec = engine.bundle.manifest.networks.detector;
  const seen = await detect(sceneOf(picture, spec), spec, engine.detector);
  const items = measureItems(picture, seen.items, null);
  const whole = items.filter(({ rimFitted, quality }) => rimFitted && quality.rimSeen >= MIN_RIM_SEEN);
  if (whole.length === 0)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `no coin with a clear rim is seen (${String(items.length)} items found)`,
    );
  const scales = whole.map(({ outline }) => outline.major / diameterMm).sort((a, b) => a - b);
  const pxPerMm = ((scales[(scales.length - 1) >> 1] ?? 0) + (scales[scales.length >> 1] ?? 0)) / 2;
  const spread = Math.max(...scales.map((scale) => Math.abs(scale / pxPerMm - 1)));
  if (spread > MAX_SPREAD) {
    const sizes = whole.map(({ outline }) => outline.major.toFixed(0)).join(', ');
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `the ${String(whole.length)} coins are not of one size: ${sizes} px. Lay one coin, or coins of one design`,
    );
  }
  return { pxPerMm, seen: whole.length, spread };
}

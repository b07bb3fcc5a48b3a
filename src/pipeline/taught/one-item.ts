import { CupcheckError } from '../../errors.js';
import { cropResize } from '../../native/crop-resize.js';
import { detect } from '../detect.js';
import type { Engine } from '../engine.js';
import type { Picture } from '../frame.js';
import type { Ellipse } from '../judgement.js';
import { type MeasuredItem, measureItems } from '../measure.js';
import { MIN_RIM_SEEN } from '../overlap.js';
import { sceneOf } from '../scene.js';
import { withRoom } from './with-room.js';

/** The one item of a picture: the part of the picture that is kept of it, and its outline there. */
export interface OneItem {
  readonly part: Picture;
  readonly outline: Ellipse;
  /** `null` where the picture has no scale. */
  readonly diameterMm: number | null;
  /** Width over the item in the picture that was given, pixels. */
  readonly majorPx: number;
  readonly rimWidthPx: number;
}

/** The kept part is so many major axes wide: a crop needs 1.04, and a fit may be a little off. */
const PART_SCALE = 1.12;
/** A crop has 160 pixels; a later network may look closer. */
const MAX_PART_PX = 512;

/** A picture that an item fills is no scene that the detector knows: it is looked at with room around it. */
const ROOM = [1, 3, 4.5];
/** Of the shorter side of a picture without a scale: the smallest item in a station's cup is wider, a part of an item or a speck is not. */
const LEAST_SHARE = 0.1;

async function itemsIn(picture: Picture, pxPerMm: number | null, engine: Engine): Promise<MeasuredItem[]> {
  const spec = engine.bundle.manifest.networks.detector;
  const { items } = await detect(sceneOf(picture, spec), spec, engine.detector);
  return measureItems(picture, items, pxPerMm);
}

function partOf(picture: Picture, outline: Ellipse): Pick<OneItem, 'part' | 'outline'> {
  const whole = Math.ceil(PART_SCALE * outline.major);
  const side = Math.min(whole, MAX_PART_PX);
  // Whole pixels, so that what is not shrunk is copied.
  const left = Math.round(outline.cx - whole / 2);
  const top = Math.round(outline.cy - whole / 2);
  const planes = new Uint8Array(3 * side * side);
  const box = Float32Array.of(left, top, whole, whole);
  cropResize(picture, box, { width: side, height: side, mean: 0, std: 1, fill: 127, channels: 3 }, planes);
  const area = side * side;
  const data = new Uint8Array(planes.length);
  for (let at = 0; at < area; at++)
    for (let channel = 0; channel < 3; channel++) data[at * 3 + channel] = planes[channel * area + at] ?? 0;
  const scale = side / whole;
  return {
    part: { width: side, height: side, format: 'rgb', stride: side * 3, data },
    outline: {
      cx: (outline.cx - left) * scale,
      cy: (outline.cy - top) * scale,
      major: outline.major * scale,
      minor: outline.minor * scale,
      angleRad: outline.angleRad,
    },
  };
}

/**
 * The item in a picture that shows exactly one.
 * @param pxPerMm `null` = a picture without a scale, such as one from a studio
 * @throws ENROL_NO_ITEM, ENROL_SEVERAL_ITEMS, ENROL_UNCLEAR (rim hidden, too dark, too bright), INFER_FAILED
 */
export async function oneItem(picture: Picture, pxPerMm: number | null, engine: Engine): Promise<OneItem> {
  let shown = picture;
  let items: MeasuredItem[] = [];
  for (const room of pxPerMm === null ? ROOM : [1]) {
    const roomy = room === 1 ? picture : withRoom(picture, room);
    const found = await itemsIn(roomy, pxPerMm, engine);
    const [first] = found;
    const least = pxPerMm === null ? (LEAST_SHARE * Math.min(roomy.width, roomy.height)) / room : 0;
    const clear =
      first !== undefined &&
      found.length === 1 &&
      first.quality.rimSeen >= MIN_RIM_SEEN &&
      first.outline.major >= least;
    if (!clear && items.length > 0) continue;
    [shown, items] = [roomy, found];
    if (clear) break;
  }
  const [item, ...others] = items;
  if (item === undefined) throw new CupcheckError('ENROL_NO_ITEM', 'no item is seen');
  if (others.length > 0)
    throw new CupcheckError('ENROL_SEVERAL_ITEMS', `${String(items.length)} items are seen, wanted one alone`);
  if (item.rimWidthPx === null || item.quality.rimSeen < MIN_RIM_SEEN)
    throw new CupcheckError(
      'ENROL_UNCLEAR',
      `${(item.quality.rimSeen * 100).toFixed(0)} % of the item's rim is seen, wanted ${(MIN_RIM_SEEN * 100).toFixed(0)} %`,
    );
  requireLight(item, engine);
  return {
    ...partOf(shown, item.outline),
    diameterMm: item.diameterMm,
    majorPx: item.outline.major,
    rimWidthPx: item.rimWidthPx,
  };
}

function requireLight({ quality: { luma, clipped } }: MeasuredItem, engine: Engine): void {
  const { minLuma, maxClippedShare } = engine.bundle.manifest.quality;
  if (luma < minLuma)
    throw new CupcheckError('ENROL_UNCLEAR', `the item is too dark: ${luma.toFixed(0)}, wanted ${String(minLuma)}`);
  if (clipped > maxClippedShare)
    throw new CupcheckError(
      'ENROL_UNCLEAR',
      `${(clipped * 100).toFixed(0)} % of the item is white, allowed ${(maxClippedShare * 100).toFixed(0)} %`,
    );
}

import { CupcheckError } from '../errors.js';
import { callNative } from './addon.js';
import type { Outline } from './outline.js';
import { type Picture, pixelArguments } from './picture.js';

/** Light on a picture or a part of it; luma 0 to 255 (BT.601). */
export interface Light {
  readonly luma: number;
  /** The luma that 1 pixel in 50 exceeds: dark where even the brightest parts are. */
  readonly highlight: number;
  /** Share of pixels at full white: 252 and more, since JPEG no longer tells white from almost white. */
  readonly clipped: number;
}

/** A grey picture that is small enough to compare at every frame. */
export interface Thumb {
  readonly width: number;
  readonly height: number;
  /** Luma 0 to 255. */
  readonly luma: Float32Array;
}

/** A scene, planar RGB, normalised by mean and std; the used part lies at the top left. */
export interface ComparedScene {
  /** 3 × height × width. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly usedWidth: number;
  readonly usedHeight: number;
  readonly mean: number;
  readonly std: number;
}

const lightOf = ([luma = 0, highlight = 0, clipped = 0]: Float64Array): Light => ({ luma, highlight, clipped });

/**
 * The light on a picture (every `step`th pixel of every `step`th row) and its thumb: the mean luma of each square of
 * `shrink` pixels, `width` × `height` of them from the top left.
 * Errors: NATIVE_ARGUMENT, also where the thumb needs more than the picture has.
 */
export function lightAndThumb(
  picture: Picture,
  { step, shrink, width, height }: { step: number; shrink: 1 | 8; width: number; height: number },
): { readonly light: Light; readonly thumb: Thumb } {
  const pixels = pixelArguments(picture);
  const light = new Float64Array(3);
  const luma = new Float32Array(width * height);
  callNative((addon) => addon.glance(...pixels, step, light, shrink, width, height, luma));
  return { light: lightOf(light), thumb: { width, height, luma } };
}

/**
 * How much two thumbs differ: the mean difference of the block of 8 × 8 pixels that differs most, in levels of 255,
 * after a common change of brightness (15 % at most) is taken out. Blocks overlap by half, so that a change on a border
 * is whole in one of them. Errors: NATIVE_ARGUMENT where their sizes differ.
 */
export function changeOfThumbs(a: Thumb, b: Thumb): number {
  return callNative((addon) => addon.changeBetween(a.luma, b.luma, a.width, a.height));
}

/** The light inside each outline scaled by `scale` about its centre, every second pixel. Errors: NATIVE_ARGUMENT. */
export function discLights(picture: Picture, outlines: readonly Outline[], scale: number): Light[] {
  const pixels = pixelArguments(picture);
  const ellipses = Float64Array.from(
    outlines.flatMap(({ cx, cy, major, minor, angleRad }) => [cx, cy, major, minor, angleRad]),
  );
  const out = new Float64Array(outlines.length * 3);
  callNative((addon) => addon.discLights(...pixels, ellipses, scale, out));
  return outlines.map((_, index) => lightOf(out.subarray(index * 3, index * 3 + 3)));
}

/**
 * Variance of the Laplacian (4 neighbours, luma) inside an outline scaled by `scale`: the more, the sharper and the
 * richer in detail, so it tells focus only against the same item at another time. Errors: NATIVE_ARGUMENT.
 */
export function discFocus(picture: Picture, { cx, cy, major, minor, angleRad }: Outline, scale: number): number {
  const pixels = pixelArguments(picture);
  return callNative((addon) => addon.discFocus(...pixels, cx, cy, major, minor, angleRad, scale));
}

/**
 * Marks what differs from the empty cup: brighter, of another colour, with edges or relief of its own, or darker than a
 * shadow. Common changes of brightness and of the colour of the light are taken out, and soft shadows pass.
 * @param covered 1 where a judged item (slightly grown) explains the scene: usedHeight × usedWidth
 * @returns 1 where something unexplained is, the same shape
 * Errors: NATIVE_ARGUMENT where the scenes or the mask differ in size.
 */
export function differingCells(now: ComparedScene, empty: ComparedScene, covered: Uint8Array): Uint8Array {
  const { width, height, usedWidth, usedHeight, mean, std } = now;
  if (empty.width !== width || empty.height !== height || empty.mean !== mean || empty.std !== std)
    throw new CupcheckError('NATIVE_ARGUMENT', 'Two scenes of different shapes cannot be compared');
  const marked = new Uint8Array(usedWidth * usedHeight);
  callNative((addon) =>
    addon.differenceFromEmpty(now.data, empty.data, width, height, usedWidth, usedHeight, mean, std, covered, marked),
  );
  return marked;
}

/** The step between neighbours that 1 pixel in 100 exceeds, in units of the scene, all channels together. */
export function steepestStep({ data, width, height, usedWidth, usedHeight }: ComparedScene): number {
  return callNative((addon) => addon.steepestStep(data, width, height, usedWidth, usedHeight));
}

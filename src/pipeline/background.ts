import { cropResize } from '../native/crop-resize.js';
import { grown, isInside } from './ellipse.js';
import type { Picture } from './frame.js';
import type { Ellipse } from './judgement.js';
import { boxSums } from './regions.js';
import { coverZone, type Zone } from './unexplained.js';

/** What a camera sees of its own station, small and grey: what lies between the items tells how lamp and lens fare. */
export interface Background {
  readonly width: number;
  readonly height: number;
  /** Background pixels a picture pixel. */
  readonly scale: number;
  /** 0 to 255. */
  readonly luma: Float32Array;
  /** Logarithm of the luma less its surroundings' mean: texture and edges, whatever light falls on them. */
  readonly relief: Float32Array;
}

/** How a station stands to what it was when it was calibrated. */
export interface Drift {
  /** Light now over light then, linear: 0.5 = the lamp gives half. */
  readonly light: number;
  /** Share of the empty cup's detail that is still seen: 1 = as sharp, 0 = nothing of it. `null` where too little is free of items. */
  readonly detail: number | null;
  /** The part of the picture that lost most. */
  readonly worst: DetailLoss | null;
}

export interface DetailLoss {
  readonly detail: number;
  /** x, y, width, height in picture pixels. */
  readonly box: readonly [number, number, number, number];
}

const WIDTH = 320;
/** Log of luma needs a floor: noise in black is no texture. */
const FLOOR = 8;
/** Reach of the surroundings; background pixels. */
const REACH = 4;
/** Side of the parts that are weighed each for itself; background pixels. Small ones tell of small spots, and of small changes. */
export const cupPart = 40;
export const finePart = 20;
/** A part says something where so much of it is free of items and their surroundings … */
const FREE_SHARE = 0.5;
/** … and where the empty cup shows so much relief (root mean square): under it lies the noise of a sensor. */
const MIN_RELIEF = 0.02;
/** Shadows and reflections of an item reach so far, as a share of its radius. */
const SURROUNDINGS = 0.15;

/** The picture as a background. */
export function backgroundOf(picture: Picture): Background {
  const scale = Math.min(1, WIDTH / picture.width);
  const width = Math.floor(picture.width * scale);
  const height = Math.floor(picture.height * scale);
  const luma = new Float32Array(width * height);
  const whole = Float32Array.of(0, 0, width / scale, height / scale);
  cropResize(picture, whole, { width, height, mean: 0, std: 1, fill: 0, channels: 1 }, luma);
  const relief = new Float32Array(luma.length);
  for (let at = 0; at < luma.length; at++) relief[at] = tabled(LOGS, luma[at] ?? 0);
  const sums = boxSums(relief, width, height, REACH);
  for (let y = 0, at = 0; y < height; y++) {
    const rows = Math.min(y, REACH) + Math.min(height - 1 - y, REACH) + 1;
    for (let x = 0; x < width; x++, at++) {
      const cells = rows * (Math.min(x, REACH) + Math.min(width - 1 - x, REACH) + 1);
      relief[at] = (relief[at] ?? 0) - (sums[at] ?? 0) / cells;
    }
  }
  return { width, height, scale, luma, relief };
}

/** Levels in the tables below, a level of luma: a cup must not wait for a logarithm a pixel. */
const STEPS = 8;
const LOGS = Float32Array.from({ length: 255 * STEPS + 1 }, (_, at) => Math.log(at / STEPS + FLOOR));
const tabled = (table: Float32Array, luma: number) => table[Math.round(Math.max(0, Math.min(255, luma)) * STEPS)] ?? 0;

/** Linear light of each luma, 0 to 1; half a level above black, so that black can be divided by. */
const LIGHTS = Float32Array.from({ length: 255 * STEPS + 1 }, (_, at) => (at / STEPS / 255) ** 2.2 + 1e-4);

/** 1 where no item, nor the surroundings of one, lies. */
function freeOf(outlines: readonly Ellipse[], zone: Zone | null, { width, height, scale }: Background): Uint8Array {
  const free = new Uint8Array(width * height).fill(1);
  if (zone !== null) {
    const covered = new Uint8Array(free.length);
    const [x, y, w, h] = zone;
    const border = REACH / scale;
    coverZone(covered, [x - border, y - border, w + 2 * border, h + 2 * border], width, height, 1 / scale);
    for (let at = 0; at < free.length; at++) if (covered[at] === 1) free[at] = 0;
  }
  for (const outline of outlines) {
    const larger = grown(outline, (SURROUNDINGS * outline.major) / 2 + REACH / scale);
    const half = (larger.major / 2) * scale;
    const [cx, cy] = [larger.cx * scale, larger.cy * scale];
    for (let y = Math.max(0, Math.floor(cy - half)); y <= Math.min(height - 1, cy + half); y++)
      for (let x = Math.max(0, Math.floor(cx - half)); x <= Math.min(width - 1, cx + half); x++)
        if (isInside(larger, (x + 0.5) / scale, (y + 0.5) / scale)) free[y * width + x] = 0;
  }
  return free;
}

function lightRatio(now: Background, then: Background, free: Uint8Array): number {
  const ratios = new Float32Array(Math.ceil(free.length / 7));
  let seen = 0;
  for (let at = 0; at < free.length; at += 7)
    if (free[at] === 1) ratios[seen++] = tabled(LIGHTS, now.luma[at] ?? 0) / tabled(LIGHTS, then.luma[at] ?? 0);
  return seen < 50 ? 1 : (ratios.subarray(0, seen).sort()[seen >> 1] ?? 1);
}

/**
 * Compares a picture with that of the empty cup, where no item lies. Two pictures of the same size.
 * Detail is how much of the empty cup's relief is found again at its place, by least squares: noise does not count as
 * detail, and a blur, a film on the lens, and a camera that moved all lose it.
 */
export function driftFrom(
  then: Background,
  now: Background,
  outlines: readonly Ellipse[],
  { zone, part }: { readonly zone: Zone | null; readonly part: number },
): Drift {
  const free = freeOf(outlines, zone, now);
  const { width, height, scale } = now;
  let [bothAll, thenAll] = [0, 0];
  let worst: DetailLoss | null = null;
  for (let top = 0; top < height; top += part)
    for (let left = 0; left < width; left += part) {
      const [right, bottom] = [Math.min(width, left + part), Math.min(height, top + part)];
      let [both, before, seen] = [0, 0, 0];
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) {
          const at = y * width + x;
          if (free[at] !== 1) continue;
          const was = then.relief[at] ?? 0;
          both += was * (now.relief[at] ?? 0);
          before += was * was;
          seen++;
        }
      if (seen < FREE_SHARE * part * part || before < seen * MIN_RELIEF ** 2) continue;
      bothAll += both;
      thenAll += before;
      const detail = both / before;
      if (worst === null || detail < worst.detail)
        worst = { detail, box: [left / scale, top / scale, (right - left) / scale, (bottom - top) / scale] };
    }
  return { light: lightRatio(now, then, free), detail: thenAll === 0 ? null : bothAll / thenAll, worst };
}

/** Root mean square of a background's relief: how much detail a picture shows. */
export const reliefOf = ({ relief }: Background): number =>
  Math.sqrt(relief.reduce((sum, value) => sum + value * value, 0) / Math.max(1, relief.length));

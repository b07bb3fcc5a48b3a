import { cropResize } from '../native/crop-resize.js';
import type { DetectorSpec } from './bundle/manifest.js';
import type { Picture } from './frame.js';

/** The whole picture at the detector's size: top left, the rest filled with the mean. Planar RGB, normalised. */
export interface Scene {
  /** 3 × height × width. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Scene pixels a picture pixel. */
  readonly scale: number;
  /** The part that holds the picture, scene pixels. */
  readonly usedWidth: number;
  readonly usedHeight: number;
  readonly mean: number;
  readonly std: number;
}

/** Scales a picture for the detector: area filter, aspect kept, at the top left. */
export function sceneOf(picture: Picture, spec: DetectorSpec): Scene {
  const { mean, std, shape } = spec.input;
  const height = Number(shape[2]);
  const width = Number(shape[3]);
  const scale = Math.min(width / picture.width, height / picture.height);
  const data = new Float32Array(3 * height * width);
  const whole = Float32Array.of(0, 0, width / scale, height / scale);
  cropResize(picture, whole, { width, height, mean, std, fill: mean, channels: 3 }, data);
  const usedWidth = Math.min(width, Math.floor(picture.width * scale + 1e-6));
  const usedHeight = Math.min(height, Math.floor(picture.height * scale + 1e-6));
  return { data, width, height, scale, usedWidth, usedHeight, mean, std };
}

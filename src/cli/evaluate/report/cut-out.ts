import { join } from 'node:path';
import sharp from 'sharp';
import { CupcheckError } from '../../../errors.js';
import type { PictureBox } from './confusions.js';

const qualityOfJpeg = 80;
/** What is cut out beside the box, as a share of its longer side. */
const margin = 0.06;

async function dataUri(work: sharp.Sharp, path: string): Promise<string> {
  try {
    const jpeg = await work.jpeg({ quality: qualityOfJpeg }).toBuffer();
    return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
  } catch (cause) {
    throw new CupcheckError('PICTURE_CORRUPT', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** A square around the box, `sidePx` wide, as a data URI. @throws PICTURE_CORRUPT */
export async function cutOut(folder: string, { image, box }: PictureBox, sidePx: number): Promise<string> {
  const path = join(folder, image);
  const [x, y, width, height] = box;
  const side = Math.max(width, height) * (1 + 2 * margin);
  const whole = await sizeOf(path);
  const left = Math.max(0, Math.min(whole.width - 1, Math.round(x + width / 2 - side / 2)));
  const top = Math.max(0, Math.min(whole.height - 1, Math.round(y + height / 2 - side / 2)));
  const part = {
    left,
    top,
    width: Math.max(1, Math.min(whole.width - left, Math.round(side))),
    height: Math.max(1, Math.min(whole.height - top, Math.round(side))),
  };
  const fit = { fit: 'contain', background: '#808080' } as const;
  return await dataUri(sharp(path).extract(part).resize(sidePx, sidePx, fit), path);
}

export interface SmallPicture {
  readonly uri: string;
  /** Of the picture in the folder, pixels. */
  readonly width: number;
  readonly height: number;
}

/** The whole picture, scaled to `widthPx`. @throws PICTURE_CORRUPT */
export async function smallPicture(folder: string, image: string, widthPx: number): Promise<SmallPicture> {
  const path = join(folder, image);
  const { width, height } = await sizeOf(path);
  return { uri: await dataUri(sharp(path).resize(widthPx), path), width, height };
}

async function sizeOf(path: string): Promise<{ readonly width: number; readonly height: number }> {
  const { width, height } = await sharp(path)
    .metadata()
    .catch((cause: Error) => {
      throw new CupcheckError('PICTURE_CORRUPT', `${path}: ${cause.message}`, { cause });
    });
  return { width, height };
}

import type { Picture } from '../../pipeline/frame.js';

/** A picture without loss. */
export async function encodePng({ width, height, data, format }: Picture): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  return await sharp(data, { raw: { width, height, channels: format === 'rgb' ? 3 : 1 } })
    .png()
    .toBuffer();
}

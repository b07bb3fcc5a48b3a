import sharp from 'sharp';
import type { Result } from '../daemon/result.js';

/** What the caption says beside the result. */
export interface Caption {
  readonly title: string;
  /** Ends the last line; null = nothing. */
  readonly note: string | null;
  /** Whether each item's label tells its score. */
  readonly itemScores: boolean;
}

/** Sizes in units of the drawing; it is scaled to whatever width is wanted. */
const unitWidth = 480;
export const captionHeight = 84;
const light = { green: '#2fd06b', amber: '#ffb020' } as const;

/**
 * A cup's picture with its boxes, labels and light, and a caption below it. PNG.
 * Text needs a font on the machine (Debian: fonts-dejavu-core).
 * @param shape units that the picture gets, bars included where it has another shape
 * @param widthPx of the drawing
 * Errors: sharp's, where the picture cannot be decoded.
 */
export async function drawResult(
  jpeg: Uint8Array,
  result: Result,
  caption: Caption,
  shape: { readonly height: number },
  widthPx: number,
): Promise<Buffer> {
  const px = (units: number): number => Math.round((units * widthPx) / unitWidth);
  const source = sharp(jpeg);
  const { width, height } = await source.metadata();
  const scale = Math.min(unitWidth / width, shape.height / height);
  const origin = { x: (unitWidth - width * scale) / 2, y: (shape.height - height * scale) / 2 };
  const picture = await source.resize(widthPx, px(shape.height), { fit: 'contain', background: '#000' }).toBuffer();
  const units = { width: unitWidth, height: shape.height + captionHeight };
  const size = { width: widthPx, height: px(units.height) };
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}"
      viewBox="0 0 ${units.width} ${units.height}" preserveAspectRatio="none">
    <style>text{font-family:'DejaVu Sans',sans-serif}</style>
    ${result.items.map((item) => drawItem(item, scale, origin, caption.itemScores)).join('')}
    <rect x="1.5" y="1.5" width="${units.width - 3}" height="${units.height - 3}" fill="none"
      stroke="${light[result.verdict]}" stroke-width="3"/>
    ${drawCaption(result, caption, shape.height)}
  </svg>`;
  return sharp({ create: { ...size, channels: 3, background: '#22252c' } })
    .composite([
      { input: picture, left: 0, top: 0 },
      { input: Buffer.from(overlay), left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}

/** The same at the picture's own size and shape. Errors: sharp's, where the picture cannot be decoded. */
export async function drawWholeResult(jpeg: Uint8Array, result: Result, caption: Caption): Promise<Buffer> {
  const { width, height } = await sharp(jpeg).metadata();
  return drawResult(jpeg, result, caption, { height: (height * unitWidth) / width }, width);
}

function drawItem(
  item: Result['items'][number],
  scale: number,
  origin: { x: number; y: number },
  withScore: boolean,
): string {
  const [x, y, width, height] = item.box.map((value) => value * scale) as [number, number, number, number];
  const colour = item.compatible ? light.green : light.amber;
  const side = item.side === null ? '' : item.side === 'obverse' ? ' ◐' : ' ◑';
  const score = withScore && item.score !== null ? ` ${item.score.toFixed(2)}` : '';
  const label = `${item.design ?? 'unknown'}${side}${score}`;
  const left = origin.x + x;
  const bottom = origin.y + y + height;
  const length = label.length * 6 + 6;
  return `<rect x="${left}" y="${origin.y + y}" width="${width}" height="${height}" rx="4" fill="none"
      stroke="${colour}" stroke-width="2"/>
    <rect x="${left}" y="${bottom - 1}" width="${length}" height="13" rx="2" fill="#16181d" fill-opacity="0.75"/>
    <text x="${left + 3}" y="${bottom + 9}" font-size="10" fill="${colour}">${escape(label)}</text>`;
}

function drawCaption(result: Result, { title, note }: Caption, y: number): string {
  const why = [...new Set(result.reasons.map((given) => given.reason))].join(', ');
  const ordered = result.order === null ? 'no order' : `${result.order.count} × ${result.order.design} ordered`;
  const score = result.score === null ? '' : `score ${result.score.toFixed(2)}`;
  const time = result.ms.total === null ? '' : `${Math.round(result.ms.total)} ms`;
  const said = result.verdict === 'green' ? `${result.design ?? ''}  ${score}` : why;
  return `<circle cx="26" cy="${y + 42}" r="15" fill="${light[result.verdict]}"/>
    <text x="52" y="${y + 24}" font-size="14" fill="#fff" font-weight="bold">${escape(short(title, 50))}</text>
    <text x="52" y="${y + 46}" font-size="13" fill="#d5d9e0">${escape(short(said, 58))}</text>
    <text x="52" y="${y + 68}" font-size="12" fill="#8f97a6">${escape(`${ordered}   ${time}${note === null ? '' : `   ${note}`}`)}</text>`;
}

const short = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

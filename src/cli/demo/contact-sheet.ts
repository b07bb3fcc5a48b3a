import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Result } from '../../daemon/result.js';

/** One cup on the sheet. */
export interface SheetCup {
  readonly picturePath: string;
  readonly title: string;
  readonly result: Result;
  /** False where the station said something else than it should. */
  readonly asExpected: boolean;
}

const columns = 4;
const tile = { width: 480, height: 360, caption: 84, gap: 12 } as const;
const light = { green: '#2fd06b', amber: '#ffb020' } as const;

/**
 * Draws every cup with its boxes, labels and light onto one PNG.
 * Text needs a font on the machine (Debian: fonts-dejavu-core).
 */
export async function drawContactSheet(cups: readonly SheetCup[], path: string): Promise<void> {
  const cell = { width: tile.width + tile.gap, height: tile.height + tile.caption + tile.gap };
  const rows = Math.ceil(cups.length / columns);
  const tiles = await Promise.all(
    cups.map(async (cup, index) => ({
      input: await drawTile(cup),
      left: tile.gap + (index % columns) * cell.width,
      top: tile.gap + Math.floor(index / columns) * cell.height,
    })),
  );
  const size = { width: tile.gap + columns * cell.width, height: tile.gap + rows * cell.height };
  await sharp({ create: { ...size, channels: 3, background: '#16181d' } })
    .composite(tiles)
    .png({ compressionLevel: 8 })
    .toFile(path);
}

async function drawTile(cup: SheetCup): Promise<Buffer> {
  const source = sharp(await readFile(cup.picturePath));
  const { width, height } = await source.metadata();
  const scale = Math.min(tile.width / width, tile.height / height);
  const picture = await source.resize(tile.width, tile.height, { fit: 'contain', background: '#000' }).toBuffer();
  const origin = { x: (tile.width - width * scale) / 2, y: (tile.height - height * scale) / 2 };
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${tile.width}" height="${tile.height + tile.caption}">
    <style>text{font-family:'DejaVu Sans',sans-serif}</style>
    ${cup.result.items.map((item) => drawItem(item, scale, origin)).join('')}
    <rect x="1.5" y="1.5" width="${tile.width - 3}" height="${tile.height + tile.caption - 3}" fill="none"
      stroke="${light[cup.result.verdict]}" stroke-width="3"/>
    ${drawCaption(cup)}
  </svg>`;
  return sharp({
    create: { width: tile.width, height: tile.height + tile.caption, channels: 3, background: '#22252c' },
  })
    .composite([
      { input: picture, left: 0, top: 0 },
      { input: Buffer.from(overlay), left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}

function drawItem(item: Result['items'][number], scale: number, origin: { x: number; y: number }): string {
  const [x, y, width, height] = item.box.map((value) => value * scale) as [number, number, number, number];
  const colour = item.compatible ? light.green : light.amber;
  const label = `${item.design ?? 'unknown'}${item.side === null ? '' : item.side === 'obverse' ? ' ◐' : ' ◑'}`;
  const left = origin.x + x;
  const bottom = origin.y + y + height;
  const length = label.length * 6 + 6;
  return `<rect x="${left}" y="${origin.y + y}" width="${width}" height="${height}" rx="4" fill="none"
      stroke="${colour}" stroke-width="2"/>
    <rect x="${left}" y="${bottom - 1}" width="${length}" height="13" rx="2" fill="#16181d" fill-opacity="0.75"/>
    <text x="${left + 3}" y="${bottom + 9}" font-size="10" fill="${colour}">${escape(label)}</text>`;
}

function drawCaption(cup: SheetCup): string {
  const { result } = cup;
  const why = [...new Set(result.reasons.map((given) => given.reason))].join(', ');
  const ordered = result.order === null ? 'no order' : `${result.order.count} × ${result.order.design} ordered`;
  const score = result.score === null ? '' : `score ${result.score.toFixed(2)}`;
  const time = result.ms.total === null ? '' : `${Math.round(result.ms.total)} ms`;
  const said = result.verdict === 'green' ? `${result.design ?? ''}  ${score}` : why;
  const y = tile.height;
  return `<circle cx="26" cy="${y + 42}" r="15" fill="${light[result.verdict]}"/>
    <text x="52" y="${y + 24}" font-size="14" fill="#fff" font-weight="bold">${escape(short(cup.title, 50))}</text>
    <text x="52" y="${y + 46}" font-size="13" fill="#d5d9e0">${escape(short(said, 58))}</text>
    <text x="52" y="${y + 68}" font-size="12" fill="#8f97a6">${escape(`${ordered}   ${time}${cup.asExpected ? '' : '   NOT AS EXPECTED'}`)}</text>`;
}

const short = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

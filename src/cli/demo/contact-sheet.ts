import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Result } from '../../daemon/result.js';
import { captionHeight, drawResult } from '../draw-result.js';

/** One cup on the sheet. */
export interface SheetCup {
  readonly picturePath: string;
  readonly title: string;
  readonly result: Result;
  /** False where the station said something else than it should. */
  readonly asExpected: boolean;
}

const columns = 4;
const tile = { width: 480, height: 360, gap: 12 } as const;

/** Draws every cup with its boxes, labels and light onto one PNG. */
export async function drawContactSheet(cups: readonly SheetCup[], path: string): Promise<void> {
  const cell = { width: tile.width + tile.gap, height: tile.height + captionHeight + tile.gap };
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

async function drawTile({ picturePath, title, result, asExpected }: SheetCup): Promise<Buffer> {
  const note = asExpected ? null : 'NOT AS EXPECTED';
  return drawResult(await readFile(picturePath), result, { title, note, itemScores: false }, tile, tile.width);
}

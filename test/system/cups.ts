import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeJpeg } from '../../src/native/jpeg.js';
import { type Colour, draw, type DrawnItem, randomNumbers } from '../fixtures/drawing.js';

/** What the drawn camera sees: its size, and the scale at the bottom of the cup. */
export const camera = { width: 640, height: 480, pxPerMm: 5 } as const;
const bottom: Colour = [90, 90, 90];
const diameterPx = 24 * camera.pxPerMm;
const colours = { red: [230, 128, 128], blue: [128, 128, 230] } as const satisfies Record<string, Colour>;

export type Item = keyof typeof colours;

/** A cup that is drawn: `items` lie apart from each other, where the seed puts them. */
export interface DrawnCup {
  readonly name: string;
  readonly items: readonly Item[];
  readonly seed: number;
}

function scattered({ items, seed }: DrawnCup): DrawnItem[] {
  const random = randomNumbers(seed);
  const margin = diameterPx * 0.65;
  const drawn: DrawnItem[] = [];
  while (drawn.length < items.length) {
    const item = items[drawn.length];
    if (item === undefined) break;
    const cx = margin + random() * (camera.width - 2 * margin);
    const cy = margin + random() * (camera.height - 2 * margin);
    if (drawn.some((other) => Math.hypot(other.cx - cx, other.cy - cy) < diameterPx * 1.2)) continue;
    drawn.push({
      cx,
      cy,
      major: diameterPx,
      minor: diameterPx,
      angleRad: random() * Math.PI,
      colour: colours[item],
      relief: 0.05,
    });
  }
  return drawn;
}

/** The picture of a cup as the camera would give it. */
export function cupJpeg(cup: DrawnCup): Buffer {
  const picture = draw({
    ...camera,
    bottom,
    grain: 6,
    blurPx: 0.6,
    noise: 1,
    items: scattered(cup),
    seed: 1000 + cup.seed,
  });
  return encodeJpeg(picture, 92);
}

const emptyCup: DrawnCup = { name: 'empty', items: [], seed: 0 };

/** Cups in which every second one is as ordered (three red items), the others each wrong in one way. */
export function assortedCups(count: number): DrawnCup[] {
  const wrong: readonly (readonly Item[])[] = [
    ['red', 'red', 'blue'],
    ['red', 'red'],
    ['blue', 'blue', 'blue'],
    ['red', 'red', 'red', 'red'],
    [],
  ];
  return Array.from({ length: count }, (_, at) => {
    const items: readonly Item[] = at % 2 === 0 ? ['red', 'red', 'red'] : (wrong[((at - 1) / 2) % wrong.length] ?? []);
    return { name: `cup-${String(at).padStart(3, '0')}-${items.join('-') || 'none'}`, items, seed: at + 1 };
  });
}

/** Writes the pictures, one of them of the empty cup, as NAME.jpg. Returns the file names of the cups. */
export function writeCups(folder: string, cups: readonly DrawnCup[]): readonly string[] {
  mkdirSync(folder, { recursive: true });
  for (const cup of [emptyCup, ...cups]) writeFileSync(join(folder, `${cup.name}.jpg`), cupJpeg(cup));
  return cups.map(({ name }) => `${name}.jpg`);
}

import { describe, expect, it } from 'vitest';
import type { Detections } from '../../../src/pipeline/detect.js';
import type { Picture } from '../../../src/pipeline/frame.js';
import { sceneOf } from '../../../src/pipeline/scene.js';
import { findUnexplained } from '../../../src/pipeline/unexplained.js';
import { manifest } from '../../fixtures/cup-facts.js';
import { type Colour, type Drawing, type DrawnItem, draw } from '../../fixtures/drawing.js';

const spec = manifest.networks.detector;
const SIZE = { width: 640, height: 480 };
const PLACES = [
  [140, 130],
  [320, 120],
  [500, 140],
  [170, 340],
  [350, 330],
  [520, 350],
] as const;

const item = (cx: number, cy: number, colour: Colour, relief = 0.12): DrawnItem => ({
  cx,
  cy,
  major: 130,
  minor: 128,
  angleRad: 0.3,
  colour,
  relief,
  shadow: { dx: 9, dy: 6, depth: 0.5, soft: 16 },
});

const cupOf = (colour: Colour, more: Partial<Drawing> = {}) => {
  const items = PLACES.map(([cx, cy]) => item(cx, cy, colour));
  const base = { ...SIZE, bottom: [90, 92, 88] as const, grain: 5, noise: 2, blurPx: 0.7 };
  // The grain is the bottom's own: the same in both pictures; light and noise are not.
  return { items, empty: draw({ ...base, items: [] }), cup: draw({ ...base, items, ...more }) };
};

/** The detector's mask plays no part here. */
const blind = (): Detections => ({
  items: [],
  mask: new Float32Array(4800),
  columns: 80,
  rows: 60,
  cellPx: SIZE.width / 80,
});
const DISC = (Math.PI / 4) * 130 ** 2;

const unexplained = (cup: Picture, empty: Picture, items: readonly DrawnItem[], detections = blind()) =>
  findUnexplained(sceneOf(cup, spec), sceneOf(empty, spec), detections, items, DISC);

const metals: [string, Colour][] = [
  ['silver', [150, 152, 155]],
  ['silver of the bottom’s brightness', [92, 93, 90]],
  ['brass', [165, 140, 80]],
  ['copper', [140, 88, 60]],
  ['dark bronze', [60, 48, 38]],
];

describe.each(metals)('a cup of %s items', (_, colour) => {
  it('has nothing unexplained where all are judged, shadows and grain notwithstanding', () => {
    const { items, empty, cup } = cupOf(colour);
    expect(unexplained(cup, empty, items)).toEqual([]);
  });

  it('has something unexplained where any one of them was missed, and the box says where', () => {
    const { items, empty, cup } = cupOf(colour);
    for (const missed of items) {
      const [found] = unexplained(
        cup,
        empty,
        items.filter((one) => one !== missed),
      );
      expect(found, `the item at ${String(missed.cx)}, ${String(missed.cy)}`).toBeDefined();
      const [x, y, width, height] = found?.box ?? [0, 0, 0, 0];
      expect(Math.hypot(x + width / 2 - missed.cx, y + height / 2 - missed.cy)).toBeLessThan(40);
    }
  });

  it.each([
    ['a fifth dimmer and a tenth warmer', [0.84, 0.8, 0.74]],
    ['a third brighter and a fifth colder', [1.2, 1.3, 1.45]],
  ] as [string, Colour][])('stands light that is %s than the reference’s', (_light, gain) => {
    const { items, empty, cup } = cupOf(colour, { gain });
    expect(unexplained(cup, empty, items)).toEqual([]);
    expect(unexplained(cup, empty, items.slice(1))).toHaveLength(1);
  });
});

it('a shadow alone is no thing', () => {
  const { empty } = cupOf([150, 152, 155]);
  const shade = {
    ...item(320, 240, [90, 92, 88], 0),
    major: 1,
    minor: 1,
    shadow: { dx: 0, dy: 0, depth: 0.55, soft: 130 },
  };
  const cup = draw({ ...SIZE, bottom: [90, 92, 88], grain: 5, noise: 2, blurPx: 0.7, items: [shade] });
  expect(unexplained(cup, empty, [])).toEqual([]);
});

it('what the detector’s mask sees and no item explains is unexplained without any reference', () => {
  const { items, cup } = cupOf([150, 152, 155]);
  const scene = sceneOf(cup, spec);
  const detections = blind();
  for (const { cx, cy } of items)
    for (let y = 0; y < 60; y++)
      for (let x = 0; x < 80; x++)
        if (Math.hypot((x + 0.5) * 8 - cx, (y + 0.5) * 8 - cy) < 65) detections.mask[y * 80 + x] = 0.9;
  expect(findUnexplained(scene, null, detections, items, DISC)).toEqual([]);
  expect(findUnexplained(scene, null, detections, items.slice(1), DISC)).toMatchObject([{ seenBy: 'mask' }]);
});

it('what the mask sees is no thing where the cup looks as it does empty, but stays one where an item lies', () => {
  const { items, empty, cup } = cupOf([92, 93, 90]);
  const maskAbout = (at: { readonly cx: number; readonly cy: number }): Detections => {
    const detections = blind();
    for (let y = 0; y < 60; y++)
      for (let x = 0; x < 80; x++)
        if (Math.hypot((x + 0.5) * 8 - at.cx, (y + 0.5) * 8 - at.cy) < 65) detections.mask[y * 80 + x] = 0.9;
    return detections;
  };
  const [missed, ...judged] = items;
  if (missed === undefined) throw new Error('no item was drawn');
  const bare = draw({ ...SIZE, bottom: [90, 92, 88], grain: 5, noise: 2, blurPx: 0.7, items: judged });
  expect(findUnexplained(sceneOf(bare, spec), null, maskAbout(missed), judged, DISC)).toMatchObject([
    { seenBy: 'mask' },
  ]);
  expect(unexplained(bare, empty, judged, maskAbout(missed))).toEqual([]);
  const seen = unexplained(cup, empty, judged, maskAbout(missed)).map(({ seenBy }) => seenBy);
  expect(seen.toSorted()).toEqual(['mask', 'reference']);
});

it('a reference of another size is refused', () => {
  const { cup } = cupOf([150, 152, 155]);
  const other = draw({ width: 320, height: 240, bottom: [90, 92, 88], items: [] });
  expect(() => unexplained(cup, other, [])).toThrow(expect.objectContaining({ code: 'CALIBRATION_INVALID' }));
});

import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../src/pipeline/detect.js';
import { withoutPhantoms } from '../../../src/pipeline/phantom.js';
import { sceneOf } from '../../../src/pipeline/scene.js';
import { manifest } from '../../fixtures/cup-facts.js';
import { type Colour, draw } from '../../fixtures/drawing.js';

const spec = manifest.networks.detector;
const THRESHOLD = 0.3;
const bottom = { width: 640, height: 480, bottom: [90, 92, 88] as const, grain: 5, noise: 2, blurPx: 0.7 };
const item = (colour: Colour) => ({
  cx: 200,
  cy: 240,
  major: 130,
  minor: 128,
  angleRad: 0.3,
  colour,
  relief: 0.12,
  shadow: { dx: 9, dy: 6, depth: 0.5, soft: 16 },
});
const at = (cx: number, confidence: number): Detection => ({ box: [cx - 65, 175, 130, 130], confidence });

const kept = (detections: readonly Detection[], colour: Colour = [150, 152, 155], light = 1) => {
  const lit = (one: Colour): Colour => [one[0] * light, one[1] * light, one[2] * light];
  const cup = draw({ ...bottom, bottom: lit(bottom.bottom), items: [item(lit(colour))] });
  return withoutPhantoms(detections, sceneOf(cup, spec), sceneOf(draw({ ...bottom, items: [] }), spec), THRESHOLD);
};

describe('a detection that the detector is not sure of', () => {
  it('goes where nothing differs from the empty cup', () => {
    expect(kept([at(200, 0.9), at(450, 0.5)])).toEqual([at(200, 0.9)]);
  });

  it('goes under another light too', () => {
    expect(kept([at(450, 0.5)], [150, 152, 155], 1.2)).toEqual([]);
  });

  it.each<[string, Colour]>([
    ['silver', [150, 152, 155]],
    ['silver of the bottom’s brightness', [92, 93, 90]],
    ['dark bronze', [60, 48, 38]],
  ])('stays on an item of %s', (_, colour) => {
    expect(kept([at(200, 0.31)], colour)).toEqual([at(200, 0.31)]);
  });

  it('stays where an item fills but a corner of its middle', () => {
    expect(kept([at(280, 0.31)])).toEqual([at(280, 0.31)]);
  });
});

it('a detection that the detector is sure of stays: a thing may have lain there when the empty cup’s picture was taken', () => {
  expect(kept([at(450, 0.6)])).toEqual([at(450, 0.6)]);
});

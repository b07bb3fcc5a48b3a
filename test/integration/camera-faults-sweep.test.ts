import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { compareToEmptyCup } from '../../src/daemon/station-check/empty-cup.js';
import { decodeJpeg, encodeJpeg } from '../../src/native/jpeg.js';
import { backgroundOf, cupPart, driftFrom } from '../../src/pipeline/background.js';
import { MIN_DETAIL, MIN_LIGHT, MIN_PART_DETAIL } from '../../src/pipeline/drift.js';
import { ellipseInBox } from '../../src/pipeline/ellipse.js';
import type { Picture } from '../../src/pipeline/frame.js';
import { dimmed, moved, smudged } from '../fixtures/camera-faults.js';

/**
 * Stations of other materials and lamps than the demo's, rendered beforehand (two minutes):
 * cd models && python3 -m generate.cups --out /tmp/cups --seed 77 --cups 40 --per-station 4 --split demo --source rendered --kinds clean
 * CUPCHECK_CUPS=/tmp/cups npx vitest run test/integration/camera-faults-sweep.test.ts
 */
const folder = process.env['CUPCHECK_CUPS'] ?? '';
const rendered = folder !== '' && existsSync(join(folder, 'truth.jsonl'));
interface TruthLine {
  readonly image: string;
  readonly reference: string;
  readonly items: readonly { readonly box: readonly [number, number, number, number] }[];
}

const truth = (): TruthLine[] =>
  readFileSync(join(folder, 'truth.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthLine);
const open = (name: string): Picture => decodeJpeg(readFileSync(join(folder, name)));
const seen = (picture: Picture): Picture => decodeJpeg(encodeJpeg(picture, 88));

const faults: readonly (readonly [check: string, name: string, fault: (picture: Picture) => Picture])[] = [
  ['camera place', '4 px', (picture) => moved(picture, { dx: 4, dy: 2 })],
  ['camera place', '1 % nearer', (picture) => moved(picture, { zoom: 1.01 })],
  ['camera place', 'half a degree', (picture) => moved(picture, { turnDeg: 0.5 })],
  ['lens', 'a film', (picture) => smudged(picture, { cx: 640, cy: 480, radiusPx: 5000, spreadPx: 3, veil: 0.02 })],
  ['lamp', 'three quarters of the light', (picture) => dimmed(picture, 0.75)],
];

describe('on rendered stations', { timeout: 600_000 }, () => {
  beforeEach(({ skip }) => {
    skip(!rendered, 'CUPCHECK_CUPS names no rendered stations: the demo’s station alone is tested');
  });

  it('clean cups are far from amber', () => {
    for (const { image, reference, items } of truth()) {
      const outlines = items.map(({ box }) => ellipseInBox(box));
      const drift = driftFrom(backgroundOf(open(reference)), backgroundOf(open(image)), outlines, {
        zone: null,
        part: cupPart,
      });
      expect(drift.light, image).toBeGreaterThan(1.2 * MIN_LIGHT);
      expect(drift.detail ?? 1, image).toBeGreaterThan(1.2 * MIN_DETAIL);
      expect(drift.worst?.detail ?? 1, image).toBeGreaterThan(1.2 * MIN_PART_DETAIL);
    }
  });

  it.each(faults)('doctor finds the %s: %s', (check, _, fault) => {
    const references = new Set(truth().map(({ reference }) => reference));
    for (const reference of references) {
      const empty = open(reference);
      const findings = compareToEmptyCup(empty, seen(fault(empty))).findings.filter(({ state }) => state !== 'ok');
      expect(
        findings.map((finding) => finding.check),
        reference,
      ).toContain(check);
    }
  });
});

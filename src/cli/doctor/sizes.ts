import { existsSync } from 'node:fs';
import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { readTrust } from '../../daemon/bundles/trusted-keys.js';
import { judgingPlace } from '../../daemon/bundles/judging-bundle.js';
import { JournalReader } from '../../daemon/journal/reader.js';
import type { Result } from '../../daemon/result.js';
import { loadBundle } from '../../pipeline/bundle/load.js';
import { counted } from '../layout.js';
import { fail, ok } from './finding.js';

/** Cups that are looked at, the newest. */
const CUPS = 200;
/** Fewer items say nothing of a scale. */
const MIN_ITEMS = 20;
/** Sizes may differ from their designs' by less than this on average; the tolerance of a design is 3 %. */
const MAX_BIAS = 0.02;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * Sizes of the last cups' items against those of their designs, whatever the light said: a scale that is wrong by little
 * greens cups still, and makes every item larger or smaller alike.
 * @param calibrationSha256 cups that were judged by another calibration do not count
 */
export function sizeBias(
  results: readonly Pick<Result, 'items' | 'design' | 'calibration_sha256'>[],
  diameterMm: ReadonlyMap<string, number>,
  calibrationSha256: string,
): Finding[] {
  const ratios = results
    .filter((result) => result.calibration_sha256 === calibrationSha256)
    .flatMap(({ items, design }) => {
      const wanted = design === null ? undefined : diameterMm.get(design);
      if (wanted === undefined) return [];
      return items.flatMap((item) =>
        item.design === design && item.diameter_mm !== null ? [item.diameter_mm / wanted] : [],
      );
    });
  if (ratios.length < MIN_ITEMS) return [];
  const bias = median(ratios) - 1;
  const detail = `${counted(ratios.length, 'item')} are ${Math.abs(bias * 100).toFixed(1)} % too ${bias < 0 ? 'small' : 'large'}`;
  if (Math.abs(bias) <= MAX_BIAS) return [ok('sizes', `${detail}, allowed ${MAX_BIAS * 100} %`)];
  return [
    fail(
      'sizes',
      `${detail}, allowed ${MAX_BIAS * 100} %`,
      'The scale is wrong. Calibrate again, best by a coin: cupcheck calibrate scale --design ID.',
    ),
  ];
}

/** The journal's newest cups, by `sizeBias`. Errors: CALIBRATION_INVALID, JOURNAL_NEWER, STORAGE_FAULT, BUNDLE_*. */
export async function sizes(config: Config): Promise<Finding[]> {
  const { path } = config.journal;
  const calibration = await stationCalibration(config);
  if (calibration === null || !existsSync(path)) return [];
  const { folder, trust } = await judgingPlace(config);
  const { manifest } = await loadBundle(folder, await readTrust(trust));
  const reader = JournalReader.open(path);
  try {
    const diameters = new Map(manifest.designs.map(({ id, diameterMm }) => [id, diameterMm]));
    return sizeBias(reader.tail(CUPS), diameters, calibration.sha256);
  } finally {
    reader.close();
  }
}

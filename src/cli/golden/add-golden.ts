import { keepGolden } from '../../daemon/golden/golden-folder.js';
import type { GoldenRecord } from '../../daemon/golden/golden-record.js';
import { recordOfCup, type SceneNow } from '../../daemon/golden/record-of-cup.js';
import { stationCalibration } from '../../daemon/calibration/station-calibration.js';
import type { Config } from '../../daemon/config/schema.js';
import { zoneOf } from '../../daemon/from-config.js';
import { JournalReader } from '../../daemon/journal/reader.js';
import { CupcheckError } from '../../errors.js';
import { designIdPattern } from '../../pipeline/taught/taught-gallery.js';
import { personOf } from '../enrol/person.js';
import { keptPicture } from '../kept-picture.js';

export interface GoldenGiven {
  readonly truth?: 'ok' | 'wrong';
  readonly expect?: string;
  readonly count?: number;
  readonly by?: string;
  readonly note?: string;
}

const longestNote = 1000;

function checked({ expect, note }: GoldenGiven): void {
  if (expect !== undefined && !new RegExp(designIdPattern).test(expect))
    throw new CupcheckError('USAGE', `--expect is ${JSON.stringify(expect.slice(0, 80))}, wanted the id of a design`);
  if (note !== undefined && !(note.length >= 1 && note.length <= longestNote && !/\p{Cc}/u.test(note)))
    throw new CupcheckError('USAGE', `--note is 1 to ${longestNote} printable characters`);
}

const sceneNow = async (config: Config): Promise<SceneNow> => ({
  calibration: await stationCalibration(config),
  codeZone: zoneOf(config),
});

/**
 * Keeps a cup of the journal, whose picture is still there, with its truth.
 * @param cup its id or seq
 * @throws USAGE, JOURNAL_MISSING, CUP_UNKNOWN, PICTURE_GONE, CALIBRATION_INVALID, GOLDEN_REFUSED, GOLDEN_BUSY, GOLDEN_INVALID, STORAGE_FAULT
 */
export async function addGolden(
  config: Config,
  cup: string,
  given: GoldenGiven,
  now: Date,
): Promise<{ readonly record: GoldenRecord; readonly isNew: boolean }> {
  checked(given);
  const by = personOf(given.by);
  const reader = JournalReader.open(config.journal.path);
  try {
    const result = reader.cup(cup);
    const truth = given.truth ?? reader.resolutions(cup).at(-1)?.outcome;
    if (truth === undefined)
      throw new CupcheckError(
        'USAGE',
        `nobody has said what cup ${result.seq} holds: give --truth ok or --truth wrong`,
      );
    const jpeg = await keptPicture(config.images.path, result);
    const scene = await sceneNow(config);
    const { expect = null, count = null, note = null } = given;
    const record = recordOfCup(result, jpeg, { truth, design: expect, count, by, note }, scene, now);
    const empty = record.scene.empty === null ? null : (scene.calibration?.referenceJpeg ?? null);
    return { record, isNew: await keepGolden(config.golden.path, record, jpeg, empty) };
  } finally {
    reader.close();
  }
}

import { asCupcheckError, type ErrorCode } from '../../errors.js';
import type { CupJudge, ReplayRequest } from '../ports.js';
import { compareGolden, type GoldenVerdict } from './compare-golden.js';
import { emptyFile, type ListedGolden, pictureFile } from './golden-folder.js';
import type { GoldenRecord } from './golden-record.js';

/** The question that a golden picture is. */
export function replayOf(folder: string, { cup, picture, scene, expected }: GoldenRecord): ReplayRequest {
  const { pxPerMm, empty, codeZone } = scene;
  return {
    cup,
    picture: { ...picture, path: pictureFile(folder, cup) },
    empty: empty === null ? null : { ...empty, path: emptyFile(folder, empty.sha256) },
    pxPerMm,
    codeZone,
    asked: expected,
  };
}

/** Says nothing of the picture: whoever asked asks again, or gives up. */
const ofTheProcess: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['MODEL_NOT_READY']);

/**
 * Has one golden picture judged, and holds the answer against its truth and its record. A picture that cannot be judged is `unreadable`.
 * @throws MODEL_NOT_READY; the signal's reason when aborted
 */
export async function replayGolden(
  folder: string,
  golden: ListedGolden,
  judge: Pick<CupJudge, 'info' | 'replay'>,
  maxScoreDifference: number,
  signal: AbortSignal,
): Promise<GoldenVerdict> {
  const unreadable = (why: string): GoldenVerdict => ({
    cup: golden.ok ? golden.record.cup : golden.cup,
    seq: golden.ok ? golden.record.seq : null,
    truth: golden.ok ? golden.record.truth : null,
    outcome: 'unreadable',
    verdict: null,
    why: `it cannot be judged: ${why}`,
    difference: null,
    sameModel: false,
  });
  if (!golden.ok) return unreadable(golden.problem.message);
  const { info } = judge;
  try {
    const replayed = await judge.replay(replayOf(folder, golden.record), signal);
    if (info === null) return unreadable('it is not known what judged it');
    return compareGolden(golden.record, replayed, info, maxScoreDifference);
  } catch (thrown) {
    signal.throwIfAborted();
    const error = asCupcheckError(thrown);
    if (ofTheProcess.has(error.code)) throw error;
    return unreadable(`${error.message} (${error.code})`);
  }
}

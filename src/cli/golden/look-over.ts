import { emptyFile, listGolden, pictureFile, readKept } from '../../daemon/golden/golden-folder.js';
import type { GoldenRecord } from '../../daemon/golden/golden-record.js';
import { asCupcheckError } from '../../errors.js';

/** A golden picture, and what is wrong with its files; `record` is `null` where it cannot be read. */
export interface LookedOver {
  readonly cup: string;
  readonly record: GoldenRecord | null;
  readonly problem: string | null;
}

/** Every golden picture, with its files read against their digests. Errors: GOLDEN_INVALID. */
export async function lookOver(folder: string): Promise<readonly LookedOver[]> {
  const looked: LookedOver[] = [];
  for (const one of await listGolden(folder)) {
    if (!one.ok) {
      looked.push({ cup: one.cup, record: null, problem: one.problem.message });
      continue;
    }
    const { record } = one;
    const { cup, picture, scene } = record;
    const problem = await Promise.all([
      readKept(pictureFile(folder, cup), picture),
      scene.empty === null ? null : readKept(emptyFile(folder, scene.empty.sha256), scene.empty),
    ]).then(
      () => null,
      (thrown: unknown) => asCupcheckError(thrown).message,
    );
    looked.push({ cup, record, problem });
  }
  return looked;
}

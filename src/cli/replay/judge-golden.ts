import { emptyFile, type ListedGolden, pictureFile, readKept } from '../../daemon/golden/golden-folder.js';
import type { GoldenRecord } from '../../daemon/golden/golden-record.js';
import { ofGolden } from './asked-cup.js';
import { type AgainCup, judgedAgain } from './judge-again.js';
import type { JudgedCup } from './judged-cup.js';

export interface GoldenOptions {
  /** Folder of the golden pictures. */
  readonly folder: string;
  /** The two judgements of a picture that are held against each other; `empty`: the JPEG of its empty cup. */
  readonly judge: (
    record: GoldenRecord,
    jpeg: Uint8Array,
    empty: Uint8Array | null,
  ) => Promise<readonly [before: JudgedCup, now: JudgedCup]>;
  readonly signal: AbortSignal;
}

/** Judges golden pictures once more, one after the other. One that cannot be judged does not stop the others. */
export async function* judgeGolden(
  listed: readonly ListedGolden[],
  { folder, judge, signal }: GoldenOptions,
): AsyncGenerator<AgainCup, void> {
  for (const golden of listed) {
    signal.throwIfAborted();
    const cup = ofGolden(golden);
    if (!golden.ok) {
      yield { kind: 'unreadable', cup, why: golden.problem.message };
      continue;
    }
    const { record } = golden;
    const { empty } = record.scene;
    yield await judgedAgain(cup, async () => {
      const jpeg = await readKept(pictureFile(folder, record.cup), record.picture);
      return await judge(record, jpeg, empty === null ? null : await readKept(emptyFile(folder, empty.sha256), empty));
    });
  }
}

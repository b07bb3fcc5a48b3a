import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { lookOver } from '../../../src/cli/golden/look-over.js';
import { keepGolden, keptBytes, removeGolden } from '../../../src/daemon/golden/golden-folder.js';
import { dyingDisk } from '../../fixtures/dying-disk.js';
import { goldenRecord, somePicture } from '../../fixtures/golden-station.js';

vi.mock('node:fs/promises', async (original) => {
  const { dyingDisk: disk } = await import('../../fixtures/dying-disk.js');
  return disk.over(await original<Parameters<typeof disk.over>[0]>());
});

const empty = Buffer.from('an empty cup');
const record = goldenRecord({ scene: { pxPerMm: 8, empty: keptBytes(empty), codeZone: null } });

it.each([
  ['the process dies', false],
  ['the power goes', true],
])(
  'wherever %s, a golden picture is there whole or not at all, and can be added and removed again',
  async (_, forgets) => {
    const root = mkdtempSync(join(tmpdir(), 'cupcheck-golden-power-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const addAndRemove = async (folder: string, done: string[]) => {
      await keepGolden(folder, record, somePicture, empty);
      done.push('added');
      await removeGolden(folder, record.cup);
      done.push('removed');
    };
    dyingDisk.powerOn();
    await addAndRemove(join(root, 'whole'), []);
    const { changes } = dyingDisk;
    expect(changes).toBeGreaterThan(10);
    let isAnswered = false;
    for (let cut = 0; cut < changes; cut++) {
      const folder = join(root, String(cut));
      const done: string[] = [];
      dyingDisk.dieAfter(cut, forgets);
      await addAndRemove(folder, done).catch(() => undefined);
      expect(dyingDisk.off, `change ${cut} of ${changes}`).toBe(true);
      dyingDisk.powerOn();
      const listed = await lookOver(folder);
      for (const { problem } of listed) expect(problem, `cut ${cut}`).toBeNull();
      // The first cut after it was answered, before anything else was done.
      if (done.length === 1 && !isAnswered) expect(listed, `cut ${cut}`).toHaveLength(1);
      isAnswered ||= done.length === 1;
      const again: string[] = [];
      await addAndRemove(folder, again);
      expect(again).toEqual(['added', 'removed']);
      expect(readdirSync(folder), `cut ${cut}`).toEqual([]);
    }
  },
  120_000,
);

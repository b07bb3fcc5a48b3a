import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import { compiled } from '../../fixtures/compiled.js';
import { greenDraft } from '../../fixtures/result-draft.js';

const kills = 200;
const writer = fileURLToPath(new URL('../../fixtures/journal-writer.mjs', import.meta.url));

interface Told {
  readonly event: 'recovered' | 'judged' | 'shown' | 'delivered';
  readonly seq: number;
  readonly seqs: readonly number[];
  readonly light: string;
}

/** Runs the writer and kills it after so many acknowledgements and a random moment more. Returns what it was told. */
async function killedRun(path: string, afterLines: number): Promise<readonly Told[]> {
  const child = spawn(
    process.execPath,
    [writer, compiled('daemon/journal/sqlite-journal.ts').href, path, JSON.stringify(greenDraft())],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const told: Told[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    told.push(JSON.parse(line) as Told);
    // Up to 3 ms later: inside whichever step comes next.
    if (told.length === afterLines) setTimeout(() => child.kill('SIGKILL'), Math.random() * 3);
  });
  const ended = once(lines, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  await ended;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return told;
}

it(`loses no acknowledged row and leaves no gap when it is killed at ${kills} random points`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cupcheck-power-cut-'));
  const path = join(folder, 'journal.db');
  const judged = new Set<number>();
  const shown = new Map<number, string>();
  const delivered = new Set<number>();
  let left: readonly number[] = [];
  let leftOpen = 0;
  for (let kill = 0; kill < kills; kill++) {
    const told = await killedRun(path, 1 + Math.floor(Math.random() * 12));
    for (const { event, seq, seqs, light } of told) {
      // Recovery closed exactly what the last kill had left open.
      if (event === 'recovered') expect(seqs).toEqual(left);
      if (event === 'judged') judged.add(seq);
      if (event === 'shown') shown.set(seq, light);
      if (event === 'delivered') delivered.add(seq);
    }
    const reader = JournalReader.open(path);
    const report = reader.verify();
    const rows = new Map(reader.after(0, 1e6).map((result) => [result.seq, result.shown.light]));
    reader.close();
    expect(report.problems).toEqual([]);
    expect(report.open.length).toBeLessThanOrEqual(1);
    expect(report.rows - report.waiting - report.open.length).toBeGreaterThanOrEqual(delivered.size);
    for (const seq of judged) expect(rows.has(seq) || report.open.includes(seq), `judged ${seq}`).toBe(true);
    for (const [seq, light] of shown) expect(rows.get(seq), `shown ${seq}`).toBe(light);
    left = report.open;
    leftOpen += report.open.length;
  }
  // Some kills must have hit the moment between the two rows, else the test has shown nothing of recovery.
  expect(leftOpen).toBeGreaterThan(5);
  rmSync(folder, { recursive: true });
}, 600_000);

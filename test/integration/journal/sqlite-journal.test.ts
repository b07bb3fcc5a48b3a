import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JudgedReceipt } from '../../../src/daemon/green.js';
import { pictureRef } from '../../../src/daemon/journal/pictures.js';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import { openForWriting } from '../../../src/daemon/journal/schema.js';
import { SqliteJournal, type SqliteJournalOptions } from '../../../src/daemon/journal/sqlite-journal.js';
import type { CupcheckError } from '../../../src/errors.js';
import { compiled } from '../../fixtures/compiled.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';

let folder: string;
let path: string;
let journal: SqliteJournal | null = null;

async function open(changes: Partial<SqliteJournalOptions> = {}): Promise<SqliteJournal> {
  journal = await SqliteJournal.open({
    path,
    limits: { maxBytes: 64e6, retentionDays: 365, retentionRows: 1e6, needsDelivery: true },
    pictures: { folder: join(folder, 'images'), maxBytes: 1e6, maxWaiting: 8 },
    log: pino({ level: 'silent' }),
    workerEntry: compiled('daemon/journal/worker.ts'),
    ...changes,
  });
  return journal;
}

function verify(): ReturnType<JournalReader['verify']> {
  const reader = JournalReader.open(path);
  try {
    return reader.verify();
  } finally {
    reader.close();
  }
}

/** Another process that holds the write lock, as a hanging disk would. */
function lockOut(): () => void {
  const other = openForWriting(path);
  other.exec('BEGIN IMMEDIATE');
  return () => {
    other.exec('ROLLBACK');
    other.close();
  };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-journal-'));
  path = join(folder, 'deep', 'journal.db');
});
afterEach(async () => {
  await journal?.close();
  journal = null;
  rmSync(folder, { recursive: true });
});

it('takes a cup from its receipt to the outbox, and its picture after the light', async () => {
  const journal = await open();
  const picture = new Uint8Array([0xff, 0xd8, 7]);
  const image = pictureRef('cup-1', picture, new Date('2026-11-24T08:00:00Z'));
  let told = 0;
  journal.onShown(() => told++);
  const receipt = await journal.judged(greenDraft({ image }), picture);
  expect(receipt).toMatchObject({ seq: 1, verdict: 'green' });
  expect(await journal.nextUnsent()).toBeNull();
  const result = await journal.shown(receipt, shownAs('green'));
  expect(result).toMatchObject({ verdict: 'green', seq: 1, journal_id: journal.journalId, image });
  expect(result.ms.journal).toBeGreaterThan(0);
  expect(told).toBe(1);
  const row = await journal.nextUnsent();
  expect(JSON.parse(row?.document ?? '')).toEqual(result);
  await journal.delivered(1);
  expect(await journal.nextUnsent()).toBeNull();
  await journal.close();
  expect([...readFileSync(join(folder, 'images', image.path))]).toEqual([...picture]);
});

it('refuses a green light for a cup that was judged amber', async () => {
  const journal = await open();
  const receipt = await journal.judged(amberDraft(), null);
  await expect(journal.shown(receipt, shownAs('green'))).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('gives up on a disk that hangs, and closes the row that got there after all', async () => {
  const journal = await open({ callTimeoutMs: 50 });
  const late = new Promise<void>((resolve) => {
    journal.onShown(resolve);
  });
  const release = lockOut();
  await expect(journal.judged(greenDraft(), null)).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
  release();
  await late;
  expect(JSON.parse((await journal.newest())?.document ?? '')).toMatchObject({
    seq: 1,
    verdict: 'amber',
    shown: { light: 'not_shown' },
    reasons: [{ reason: 'storage_fault' }],
  });
});

it('goes on trying to write what a light showed', async () => {
  const journal = await open({ callTimeoutMs: 50 });
  const receipt = await journal.judged(greenDraft(), null);
  const written = new Promise<void>((resolve) => {
    journal.onShown(resolve);
  });
  const release = lockOut();
  await expect(journal.shown(receipt, shownAs('green'))).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
  // Its own time-out, and the lock's.
  await expect(journal.outbox()).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
  release();
  await written;
  expect(JSON.parse((await journal.newest())?.document ?? '')).toMatchObject({ verdict: 'green' });
});

it('fails what is pending when its thread dies, starts it again, and closes what nobody holds', async () => {
  const faults: (string | null)[] = [];
  let back: () => void = () => undefined;
  const restored = new Promise<void>((resolve) => {
    back = resolve;
  });
  const entry = new URL('../../fixtures/dying-journal-worker.mjs', import.meta.url);
  const journal = await open({
    workerEntry: entry,
    onFault: (error: CupcheckError | null) => {
      faults.push(error?.code ?? null);
      if (error === null) back();
    },
  });
  const held: JudgedReceipt = await journal.judged(greenDraft(), null);
  const closed = new Promise<void>((resolve) => {
    journal.onShown(resolve);
  });
  // The fixture commits this cup and dies before it answers.
  await expect(journal.judged(greenDraft({ tag: 'die' }), null)).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
  await expect(journal.nextUnsent()).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
  await restored;
  await closed;
  expect(faults).toEqual(['STORAGE_FAULT', null]);
  expect(verify()).toMatchObject({ ok: true, rows: 2, open: [held.seq] });
  expect(await journal.shown(held, shownAs('green'))).toMatchObject({ verdict: 'green', seq: 1 });
  expect((await journal.judged(greenDraft(), null)).seq).toBe(3);
});

it('refuses to open a newer journal and a file that is none', async () => {
  const db = openForWriting(path);
  db.pragma('user_version = 99');
  db.close();
  await expect(open()).rejects.toMatchObject({ code: 'JOURNAL_NEWER' });
  path = import.meta.filename;
  await expect(open()).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
});

it('lets others read while it writes, and moves its log into the database', async () => {
  const journal = await open();
  const reader = (() => {
    openForWriting(path).close();
    return JournalReader.open(path);
  })();
  for (let i = 0; i < 20; i++) {
    const receipt = await journal.judged(greenDraft(), null);
    await journal.shown(receipt, shownAs('green'));
    expect(reader.tail(1)[0]?.seq).toBe(i + 1);
  }
  expect(readFileSync(`${path}-wal`).byteLength).toBeGreaterThan(0);
  await journal.checkpoint();
  const copy = join(folder, 'copy.db');
  // The database file alone, without its log, holds all twenty.
  const { copyFileSync } = await import('node:fs');
  copyFileSync(path, copy);
  const alone = JournalReader.open(copy);
  expect(alone.tail(100)).toHaveLength(20);
  alone.close();
  reader.close();
});

it('keeps the loop free while a commit waits for the disk', async () => {
  const journal = await open();
  const release = lockOut();
  const commit = journal.judged(greenDraft(), null);
  let turns = 0;
  for (; turns < 100; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
  release();
  expect(turns).toBe(100);
  expect((await commit).seq).toBe(1);
});

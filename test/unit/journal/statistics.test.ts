import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type JournalDatabase, migrations, openForWriting } from '../../../src/daemon/journal/schema.js';
import { countRows, StatisticsTable } from '../../../src/daemon/journal/statistics-table.js';
import { JournalStore } from '../../../src/daemon/journal/store.js';
import { CountTable } from '../../../src/daemon/statistics/counts.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';

const limits = { maxBytes: 64e6, retentionDays: 365, retentionRows: 1e6, needsDelivery: true };
let folder: string;
let db: JournalDatabase;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-statistics-'));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

function openStore(changes: Partial<typeof limits> = {}): JournalStore {
  db = openForWriting(join(folder, 'journal.db'));
  return new JournalStore(db, { ...limits, ...changes });
}

const sorted = (counts: CountTable): unknown =>
  counts.all().toSorted((a, b) => `${a.name} ${a.label} ${a.bucket}`.localeCompare(`${b.name} ${b.label} ${b.bucket}`));

/** What the table on disk holds. */
function kept(): CountTable {
  const table = new CountTable();
  table.reset(new StatisticsTable(db).all());
  return table;
}

/** Cups of every kind, findings and deliveries; what the calls answered is applied to `mirror`. */
function work(store: JournalStore, mirror: CountTable): void {
  for (const draft of [greenDraft(), amberDraft(), greenDraft(), amberDraft()]) {
    const { seq } = store.judged({ draft });
    mirror.apply(store.shown({ seq, shown: shownAs(draft.verdict), journalMs: Math.random() * 20 }).counted);
    mirror.apply(store.resolve({ cup: String(seq), outcome: 'ok', by: 'anna', note: null }).counted);
  }
  const withdrawn = store.judged({ draft: greenDraft() });
  mirror.apply(store.shown({ seq: withdrawn.seq, shown: shownAs('amber'), journalMs: 4 }).counted);
  mirror.apply(store.resolve({ cup: '1', outcome: 'wrong', by: 'anna', note: null }).counted);
  store.judged({ draft: greenDraft() });
  mirror.apply(store.recover({ known: new Map(), except: [] }).counted);
  for (const seq of [1, 2, 2]) mirror.apply(store.delivered({ seq }).counted);
}

it('counts each row once: on disk, in the answers, and when all rows are counted again', () => {
  const store = openStore();
  const mirror = new CountTable();
  work(store, mirror);
  // Said twice: the first answer was lost.
  mirror.apply(store.shown({ seq: 1, shown: shownAs('green'), journalMs: 4 }).counted);
  expect(sorted(kept())).toEqual(sorted(mirror));
  expect(sorted(kept())).toEqual(sorted(countRows(db)));
  const value = (name: Parameters<CountTable['value']>[0], label?: string): number => mirror.value(name, label);
  expect([value('cups', 'green'), value('cups', 'amber'), value('not_shown')]).toEqual([2, 4, 1]);
  expect(new Map(mirror.labels('finding'))).toEqual(
    new Map([
      ['amber_ok', 2],
      ['green_ok', 2],
      ['green_wrong', 1],
    ]),
  );
  expect(value('delivered')).toBe(2);
});

it('a row that fails is not counted', () => {
  const store = openStore();
  work(store, new CountTable());
  const before = sorted(kept());
  const { seq } = store.judged({ draft: greenDraft() });
  db.exec(`CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  expect(() => store.shown({ seq, shown: shownAs('green'), journalMs: 4 })).toThrow(/disk full/);
  expect(sorted(kept())).toEqual(before);
});

it('counts outlive their rows', () => {
  const store = openStore({ retentionRows: 0, needsDelivery: false });
  work(store, new CountTable());
  const before = sorted(kept());
  store.checkpoint();
  expect(db.prepare('SELECT count(*) FROM shown').pluck().get()).toBe(0);
  expect(sorted(kept())).toEqual(before);
});

it('a journal from before there were counts is counted when it is opened', () => {
  const store = openStore();
  work(store, new CountTable());
  const expected = sorted(kept());
  db.exec(`DROP TABLE statistics; DELETE FROM meta WHERE key = 'counted_since'`);
  db.pragma('user_version = 1');
  store.close();
  const opened = openStore().opened();
  expect(sorted(kept())).toEqual(expected);
  expect(opened.countedSince).toBe(db.prepare('SELECT min(utc) FROM shown').pluck().get());
  expect(migrations.map(({ to }) => to)).toEqual(migrations.map((_, index) => index + 1));
});

it('what the station counts itself is kept as it is, however often it is written', () => {
  const store = openStore();
  const count = { name: 'camera_frames', label: '', bucket: 0, value: 40, by: 'set' } as const;
  for (const value of [40, 40, 55]) store.keepCounts({ counts: [{ ...count, value }] });
  expect(kept().value('camera_frames')).toBe(55);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import { type JournalDatabase, openForWriting } from '../../../src/daemon/journal/schema.js';
import { JournalStore } from '../../../src/daemon/journal/store.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';

const limits = { maxBytes: 64e6, retentionDays: 365, retentionRows: 1e6, needsDelivery: true };
const start = Date.parse('2026-11-24T08:00:00.000Z');
let folder: string;
let db: JournalDatabase;
let reader: JournalReader;
let minute = 0;

/** Six cups, one a minute: green, amber, green, amber, …; every amber of another design. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-reader-'));
  const path = join(folder, 'journal.db');
  db = openForWriting(path);
  const store = new JournalStore(db, limits, () => new Date(start + minute * 60_000).toISOString());
  for (minute = 0; minute < 6; minute++) {
    const draft = minute % 2 === 0 ? greenDraft() : amberDraft({ design: 'Peace' });
    const { seq } = store.judged({ draft });
    store.shown({ seq, shown: shownAs(draft.verdict), journalMs: 1 });
  }
  reader = JournalReader.open(path);
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true });
});

const seqs = (results: readonly { readonly seq: number }[]): readonly number[] => results.map((result) => result.seq);

it('gives the newest results, oldest first', () => {
  expect(seqs(reader.tail(3))).toEqual([4, 5, 6]);
  expect(seqs(reader.after(4, 10))).toEqual([5, 6]);
  expect(seqs(reader.after(0, 2))).toEqual([1, 2]);
});

it('finds results by time, design, reason and verdict, all at once too', () => {
  expect(seqs(reader.query({ since: new Date(start + 240_000), limit: 10 }))).toEqual([5, 6]);
  expect(seqs(reader.query({ until: new Date(start + 240_000), limit: 10 }))).toEqual([1, 2, 3, 4]);
  expect(seqs(reader.query({ since: new Date(start + 60_000), until: new Date(start + 240_000), limit: 2 }))).toEqual([
    3, 4,
  ]);
  expect(seqs(reader.query({ design: 'Peace', limit: 2 }))).toEqual([4, 6]);
  expect(seqs(reader.query({ reason: 'overlap', limit: 10 }))).toEqual([2, 4, 6]);
  expect(seqs(reader.query({ reason: 'blur', limit: 10 }))).toEqual([]);
  expect(seqs(reader.query({ verdict: 'green', limit: 10 }))).toEqual([1, 3, 5]);
  expect(seqs(reader.query({ verdict: 'amber', since: new Date(start + 180_000), limit: 10 }))).toEqual([4, 6]);
});

it('finds the newest cups of which a picture was kept, and counts those between', () => {
  expect(reader.query({ picture: true, limit: 10 })).toEqual([]);
  const store = new JournalStore(db, limits, () => new Date(start).toISOString());
  for (const path of ['a.jpg', null, 'b.jpg', 'c.jpg', null]) {
    const image = path === null ? null : { path, sha256: 'd'.repeat(64) };
    const { seq } = store.judged({ draft: amberDraft({ image }) });
    store.shown({ seq, shown: shownAs('amber'), journalMs: 1 });
  }
  expect(seqs(reader.query({ picture: true, limit: 10 }))).toEqual([7, 9, 10]);
  expect(seqs(reader.query({ picture: true, limit: 2 }))).toEqual([9, 10]);
  expect([reader.countFrom(7), reader.countFrom(12)]).toEqual([5, 0]);
});

it('sums up the newest cups by verdict, reason, day and what people said', () => {
  const store = new JournalStore(db, limits, () => new Date(start + 86_400_000).toISOString());
  const reasons = [
    { reason: 'blur', detail: '' },
    { reason: 'overlap', detail: '' },
    { reason: 'blur', detail: '' },
  ] as const;
  const { seq } = store.judged({ draft: amberDraft({ reasons }) });
  store.shown({ seq, shown: shownAs('amber'), journalMs: 1 });
  expect(reader.summary(100)).toEqual({
    cups: 7,
    first: { seq: 1, utc: '2026-11-24T08:00:00.000Z' },
    last: { seq: 7, utc: '2026-11-25T08:00:00.000Z' },
    verdicts: [
      { verdict: 'amber', light: 'amber', cups: 4 },
      { verdict: 'green', light: 'green', cups: 3 },
    ],
    reasons: [
      { reason: 'overlap', cups: 4 },
      { reason: 'blur', cups: 1 },
    ],
    days: [
      { day: '2026-11-24', cups: 6, green: 3 },
      { day: '2026-11-25', cups: 1, green: 0 },
    ],
    resolutions: [],
    waiting: 7,
  });
  expect(reader.summary(2)).toMatchObject({ cups: 2, first: { seq: 6 }, waiting: 7 });
  expect(reader.summary(0)).toMatchObject({ cups: 0, first: null, last: null, reasons: [] });
});

it.each<[string, string, string]>([
  [
    'a missing cup',
    `DELETE FROM outbox WHERE seq = 3; DELETE FROM shown WHERE seq = 3; DELETE FROM judged WHERE seq = 3`,
    'gap: seq 3 to 3',
  ],
  [
    'a missing last cup',
    `DELETE FROM outbox WHERE seq = 6; DELETE FROM shown WHERE seq = 6; DELETE FROM judged WHERE seq = 6`,
    'gap: seq 6 to 6',
  ],
  [
    'a shown row without its judged row',
    `PRAGMA foreign_keys = OFF; DELETE FROM judged WHERE seq = 2`,
    'in shown without a judged row',
  ],
  [
    'a document that was changed',
    `UPDATE shown SET document = replace(document, '"green"', '"amber"') WHERE seq = 1`,
    'verdict is amber in the document',
  ],
  ['a document that is no JSON', `UPDATE shown SET document = 'x' WHERE seq = 1`, 'not JSON'],
  [
    'a green that was judged amber',
    `UPDATE judged SET verdict = 'amber', draft = replace(draft, '"verdict":"green"', '"verdict":"amber"') WHERE seq = 1`,
    'verdict green, judged amber',
  ],
  [
    'a green light under an amber verdict',
    `UPDATE shown SET light = 'green', document = replace(document, '"light":"amber"', '"light":"green"') WHERE seq = 2`,
    'the light was green',
  ],
  [
    'a green whose frame is older than its trigger',
    `UPDATE shown SET document = replace(document, '9007199404740993', '9007199254740993') WHERE seq = 1`,
    'green without a frame after its trigger',
  ],
  ['a row that was never queued', `DELETE FROM outbox WHERE seq = 5`, 'shown, but not in the outbox'],
  ['a delivery out of order', `UPDATE outbox SET delivered_utc = 'x' WHERE seq = 2`, 'delivered before seq 1'],
])('verify reports %s', (_name, damage, problem) => {
  expect(reader.verify()).toMatchObject({ ok: true, problems: [] });
  for (const table of ['judged', 'shown']) db.exec(`DROP TRIGGER ${table}_fixed; DROP TRIGGER ${table}_kept`);
  db.exec(damage);
  const report = reader.verify();
  expect(report.ok).toBe(false);
  expect(report.problems.map((found) => found.problem).join('\n')).toContain(problem);
});

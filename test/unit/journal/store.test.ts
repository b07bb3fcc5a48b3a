import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalLimits } from '../../../src/daemon/journal/protocol.js';
import { JournalReader } from '../../../src/daemon/journal/reader.js';
import { type JournalDatabase, latestVersion, openForWriting } from '../../../src/daemon/journal/schema.js';
import { journalError } from '../../../src/daemon/journal/sqlite-errors.js';
import { JournalStore } from '../../../src/daemon/journal/store.js';
import type { Result, Shown } from '../../../src/daemon/result.js';
import { CupcheckError } from '../../../src/errors.js';
import { amberDraft, greenDraft, shownAs } from '../../fixtures/result-draft.js';

const roomy: JournalLimits = { maxBytes: 64e6, retentionDays: 365, retentionRows: 1e6, needsDelivery: true };
let folder: string;
let path: string;
let db: JournalDatabase;
let now = new Date('2026-11-24T08:00:00.000Z');

function openStore(limits: Partial<JournalLimits> = {}): JournalStore {
  db = openForWriting(path);
  return new JournalStore(db, { ...roomy, ...limits }, () => now.toISOString());
}

/** One whole cup; returns its seq. */
function cup(store: JournalStore, draft = greenDraft(), shown: Shown = shownAs(draft.verdict)): number {
  const { seq } = store.judged({ draft });
  store.shown({ seq, shown, journalMs: 4 });
  return seq;
}

function verified(): ReturnType<JournalReader['verify']> {
  const reader = JournalReader.open(path);
  try {
    return reader.verify();
  } finally {
    reader.close();
  }
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return journalError(error, 'test').code;
  }
  return 'no error';
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-journal-'));
  path = join(folder, 'journal.db');
  now = new Date('2026-11-24T08:00:00.000Z');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

describe('rows', () => {
  it('gives each cup the next seq and keeps the document word for word', () => {
    const store = openStore();
    const draft = greenDraft({ tag: 'quote " and ü' });
    const { seq } = store.judged({ draft });
    const { document } = store.shown({ seq, shown: shownAs('green'), journalMs: 4.5 });
    expect(seq).toBe(1);
    expect(store.nextUnsent()?.document).toBe(document);
    const result = JSON.parse(document) as Result;
    expect(result).toMatchObject({ seq: 1, journal_id: store.journalId, replayed: false, verdict: 'green' });
    expect(result.shown).toEqual({ light: 'green', at_ns: '9007199554740993' });
    expect(result.ms).toMatchObject({ journal: 4.5, light: 2.5, total: 300.25 });
    expect(cup(store, amberDraft())).toBe(2);
    expect(verified()).toMatchObject({ ok: true, rows: 2, greens: 1, lastSeq: 2, open: [] });
  });

  it('takes what was shown twice without a second row, and never takes two different lights', () => {
    const store = openStore();
    const seq = cup(store);
    expect(store.shown({ seq, shown: shownAs('green'), journalMs: 4 }).document).toBe(store.newest()?.document);
    expect(() => store.shown({ seq, shown: shownAs('amber'), journalMs: 4 })).toThrow(/shown green/);
    expect(verified()).toMatchObject({ ok: true, rows: 1 });
  });

  it('refuses to change or delete what is journalled', () => {
    cup(openStore());
    for (const sql of [
      `UPDATE judged SET verdict = 'green'`,
      `UPDATE shown SET document = '{}'`,
      'DELETE FROM outbox; DELETE FROM shown',
      'DELETE FROM resolutions; DELETE FROM judged',
    ]) {
      expect(() => db.transaction(() => db.exec(sql))(), sql).toThrow(/append-only|FOREIGN KEY/);
    }
  });

  it('never gives a seq twice, also when every row is pruned and the journal is opened again', () => {
    const store = openStore({ retentionRows: 0 });
    for (let i = 0; i < 3; i++) store.delivered({ seq: cup(store) });
    expect(store.checkpoint().pruned).toBe(3);
    store.close();
    expect(cup(openStore())).toBe(4);
    expect(verified()).toMatchObject({ ok: true, firstSeq: 4, lastSeq: 4 });
  });

  it('keeps its journal_id when opened again; a new database has another', () => {
    const store = openStore();
    const { journalId } = store;
    store.close();
    expect(openStore().journalId).toBe(journalId);
    db.close();
    path = join(folder, 'other.db');
    expect(openStore().journalId).not.toBe(journalId);
  });
});

describe('recovery', () => {
  it('closes each open row with what the light remembers, else as not shown; a green that nobody saw is amber', () => {
    const store = openStore();
    const [seen, unseen, amber] = [greenDraft(), greenDraft(), amberDraft()];
    for (const draft of [seen, unseen, amber]) store.judged({ draft });
    const { documents } = store.recover({ known: new Map([[seen.id, shownAs('green')]]), except: [] });
    const results = documents.map((text) => JSON.parse(text) as Result);
    expect(results.map((result) => [result.seq, result.verdict, result.shown.light])).toEqual([
      [1, 'green', 'green'],
      [2, 'amber', 'not_shown'],
      [3, 'amber', 'not_shown'],
    ]);
    expect(results[1]?.reasons).toMatchObject([{ reason: 'internal_error' }]);
    expect(results[2]?.reasons).toMatchObject([{ reason: 'overlap' }]);
    expect(store.recover({ known: new Map(), except: [] }).documents).toEqual([]);
    expect(verified()).toMatchObject({ ok: true, rows: 3, waiting: 3, open: [] });
  });

  it('leaves the cups alone that somebody still holds', () => {
    const store = openStore();
    const { seq } = store.judged({ draft: greenDraft() });
    expect(store.recover({ known: new Map(), except: [seq] }).documents).toEqual([]);
    expect(verified().open).toEqual([seq]);
  });
});

describe('outbox', () => {
  it('gives the oldest undelivered row, in the order in which the rows were shown', () => {
    const store = openStore();
    const first = store.judged({ draft: greenDraft() }).seq;
    const second = cup(store);
    store.shown({ seq: first, shown: shownAs('amber', { reason: 'cup_removed', detail: 'gone' }), journalMs: 1 });
    expect(store.nextUnsent()).toMatchObject({ seq: second, position: 1 });
    expect(store.newest()).toMatchObject({ seq: second });
    store.delivered({ seq: second });
    store.delivered({ seq: second });
    expect(store.nextUnsent()).toMatchObject({ seq: first, position: 2 });
    expect(store.outbox()).toMatchObject({ waiting: 1, newestPosition: 2, lastSeq: 2, prunedThrough: 0 });
    expect(codeOf(() => store.delivered({ seq: 77 }))).toBe('CUP_UNKNOWN');
  });
});

describe('disk budget', () => {
  it('prunes delivered rows by age and by number, oldest first, and never one that waits', () => {
    const store = openStore({ retentionDays: 10, retentionRows: 3 });
    const seqs = [1, 2].map(() => cup(store));
    now = new Date('2026-12-24T08:00:00.000Z');
    for (let i = 0; i < 5; i++) seqs.push(cup(store));
    expect(store.checkpoint().pruned).toBe(0);
    for (const seq of seqs.filter((seq) => seq !== 4)) store.delivered({ seq });
    expect(store.checkpoint().pruned).toBe(3);
    expect(store.outbox()).toMatchObject({ prunedThrough: 3, waiting: 1 });
    store.delivered({ seq: 4 });
    expect(store.checkpoint().pruned).toBe(1);
    expect(verified()).toMatchObject({ ok: true, firstSeq: 5, rows: 3 });
  });

  it('takes no further cup when undelivered rows fill the budget, and takes them again after delivery', () => {
    const store = openStore({ maxBytes: 300_000 });
    const seqs: number[] = [];
    let refusal: unknown;
    for (let i = 0; i < 1000 && refusal === undefined; i++) {
      try {
        seqs.push(cup(store));
      } catch (error) {
        refusal = error;
      }
      store.checkpoint();
    }
    expect(refusal).toBeInstanceOf(CupcheckError);
    expect(refusal).toMatchObject({ code: 'STORAGE_FAULT' });
    expect(verified()).toMatchObject({ ok: true, rows: seqs.length, waiting: seqs.length, open: [] });
    for (const seq of seqs) store.delivered({ seq });
    expect(store.checkpoint().pruned).toBeGreaterThan(0);
    expect(cup(store)).toBe(seqs.length + 1);
  });

  it('prunes undelivered rows too where nothing publishes', () => {
    const store = openStore({ needsDelivery: false, retentionRows: 1 });
    for (let i = 0; i < 3; i++) cup(store);
    expect(store.checkpoint().pruned).toBe(2);
  });

  it('turns a full disk into STORAGE_FAULT, with nothing half written', () => {
    const store = openStore();
    const kept = cup(store);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true }))}`);
    const codes = new Set<string>();
    for (let i = 0; i < 50; i++) codes.add(codeOf(() => cup(store)));
    expect(codes).toContain('STORAGE_FAULT');
    expect(store.newest()?.seq).toBeGreaterThanOrEqual(kept);
    db.pragma('max_page_count = 100000');
    store.recover({ known: new Map(), except: [] });
    expect(verified()).toMatchObject({ ok: true, open: [] });
  });
});

describe('orders', () => {
  it('counts cups shown green or resolved ok, once each, also after they are pruned', () => {
    const store = openStore({ retentionRows: 0 });
    cup(store);
    cup(store, greenDraft(), shownAs('amber', { reason: 'cup_removed', detail: 'gone' }));
    const looked = cup(store, amberDraft());
    const twice = cup(store);
    for (const outcome of ['ok', 'ok'] as const) {
      store.resolve({ cup: String(looked), outcome, by: 'ann', note: null });
      store.resolve({ cup: String(twice), outcome, by: 'ann', note: null });
    }
    cup(store, greenDraft({ order: null }));
    expect(store.orderUse({ orderId: 'o-1' })).toEqual({ used: 3 });
    for (let seq = 1; seq <= 5; seq++) store.delivered({ seq });
    expect(store.checkpoint().pruned).toBe(5);
    cup(store);
    expect(store.orderUse({ orderId: 'o-1' })).toEqual({ used: 4 });
    expect(store.orderUse({ orderId: 'unknown' })).toEqual({ used: 0 });
  });
});

describe('resolutions', () => {
  it('are added to a cup by id or seq, and refused for a cup that is not there', () => {
    const store = openStore();
    const draft = amberDraft();
    const seq = cup(store, draft);
    expect(store.resolve({ cup: draft.id, outcome: 'wrong', by: 'ann', note: 'a token' })).toMatchObject({
      seq,
      id: draft.id,
    });
    expect(store.resolve({ cup: '1', outcome: 'ok', by: 'bob', note: null })).toMatchObject({ seq, id: draft.id });
    expect(codeOf(() => store.resolve({ cup: '2', outcome: 'ok', by: 'bob', note: null }))).toBe('CUP_UNKNOWN');
    const reader = JournalReader.open(path);
    expect(reader.resolutions(draft.id).map((found) => [found.outcome, found.by])).toEqual([
      ['wrong', 'ann'],
      ['ok', 'bob'],
    ]);
    reader.close();
  });
});

describe('migration', () => {
  const next = { to: latestVersion() + 1, sql: `CREATE TABLE extra (x INTEGER); INSERT INTO extra VALUES (7)` };

  it('brings an older journal forward after a backup copy, once', () => {
    const store = openStore();
    cup(store);
    store.close();
    db = openForWriting(path, [{ to: latestVersion(), sql: 'SELECT broken' }, next]);
    expect(db.pragma('user_version', { simple: true })).toBe(next.to);
    expect(db.prepare('SELECT count(*) FROM shown').pluck().get()).toBe(1);
    db.close();
    expect(readdirSync(folder)).toContain(`journal.db.v${latestVersion()}.bak`);
    path = `${path}.v${latestVersion()}.bak`;
    expect(verified()).toMatchObject({ ok: true, rows: 1 });
  });

  it('leaves the journal as it was when a step fails', () => {
    const store = openStore();
    cup(store);
    store.close();
    expect(() => openForWriting(path, [{ ...next, sql: `${next.sql}; SELECT broken` }])).toThrow(/broken/);
    expect(cup(openStore())).toBe(2);
  });

  it('refuses the journal of a newer version and leaves it alone', () => {
    openStore();
    db.pragma('user_version = 99');
    expect(codeOf(() => openForWriting(path))).toBe('JOURNAL_NEWER');
    expect(codeOf(() => JournalReader.open(path))).toBe('JOURNAL_NEWER');
  });

  it('says that a file which is no database cannot be opened', () => {
    openStore();
    path = join(folder, 'result-draft.txt');
    writeFileSync(path, 'a text, and no database');
    expect(codeOf(() => JournalReader.open(path))).toBe('STORAGE_FAULT');
    expect(codeOf(() => openForWriting(join(import.meta.dirname, 'store.test.ts')))).toBe('STORAGE_FAULT');
  });
});

describe('log', () => {
  it('is moved into the database unasked when nobody finds the time', () => {
    const store = openStore();
    const seq = cup(store);
    for (let commits = 1; commits < 500; commits++) store.delivered({ seq });
    const copy = join(folder, 'alone.db');
    copyFileSync(path, copy);
    const alone = openForWriting(copy);
    expect(alone.prepare('SELECT delivered_utc FROM outbox').pluck().all()).toEqual([now.toISOString()]);
    alone.close();
  });
});

describe('power cut', () => {
  it('flushes each commit: the log is synced in full', () => {
    openStore();
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  });
});

import type { Result, ResultDraft } from '../result.js';
import type { JournalDatabase } from './schema.js';

export interface JournalProblem {
  /** `null` where no single cup is concerned. */
  readonly seq: number | null;
  readonly problem: string;
}

/** What `cupcheck journal verify` prints. */
export interface JournalReport {
  readonly ok: boolean;
  readonly journalId: string | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly rows: number;
  readonly greens: number;
  readonly waiting: number;
  /** Judged and not shown yet. While a station works it may have some; after a start there is none. */
  readonly open: readonly number[];
  /** The first 100. */
  readonly problems: readonly JournalProblem[];
  readonly problemsFound: number;
}

const problemsKept = 100;

interface Row {
  readonly seq: number;
  readonly cup: string;
  readonly judgedVerdict: string;
  readonly draft: string;
  readonly light: string | null;
  readonly at_ns: string | null;
  readonly verdict: string | null;
  readonly design: string | null;
  readonly reasons: string | null;
  readonly document: string | null;
  readonly position: number | null;
  readonly delivered_utc: string | null;
}

const rowsSql = `SELECT j.seq, j.cup, j.verdict AS judgedVerdict, j.draft, s.light, s.at_ns, s.verdict, s.design,
    s.reasons, s.document, o.position, o.delivered_utc
  FROM judged j LEFT JOIN shown s ON s.seq = j.seq LEFT JOIN outbox o ON o.seq = j.seq ORDER BY j.seq`;

/** What is wrong with the document of a shown row; empty where it says what the row says. */
function documentProblems(row: Row, journalId: string | null): readonly string[] {
  let result: Result;
  let draft: ResultDraft;
  try {
    result = JSON.parse(row.document ?? '') as Result;
    draft = JSON.parse(row.draft) as ResultDraft;
  } catch (error) {
    return [`not JSON: ${String(error)}`];
  }
  const problems: string[] = [];
  const same = (what: string, inDocument: unknown, inRow: unknown): void => {
    if (inDocument !== inRow)
      problems.push(`${what} is ${String(inDocument)} in the document, ${String(inRow)} in the row`);
  };
  same('journal_id', result.journal_id, journalId);
  same('seq', result.seq, row.seq);
  same('id', result.id, row.cup);
  same('id', draft.id, row.cup);
  same('replayed', result.replayed, false);
  same('verdict', result.verdict, row.verdict);
  same('light', result.shown.light, row.light);
  same('at_ns', result.shown.at_ns, row.at_ns);
  same('design', result.design, row.design);
  same('reasons', JSON.stringify(result.reasons.map((given) => given.reason)), row.reasons);
  same('judged verdict', draft.verdict, row.judgedVerdict);
  return [...problems, ...greenProblems(result, draft)];
}

/** A green has evidence, was judged green, and was shown; nothing else was shown green. */
function greenProblems(result: Result, draft: ResultDraft): readonly string[] {
  if (result.verdict !== 'green') {
    if (result.shown.light === 'green') return ['the light was green, the verdict is not'];
    return result.reasons.length === 0 ? ['amber without a reason'] : [];
  }
  const problems: string[] = [];
  if (result.shown.light !== 'green') problems.push(`verdict green, light ${result.shown.light}`);
  if (draft.verdict !== 'green') problems.push(`verdict green, judged ${draft.verdict}`);
  if (result.evidence === null) problems.push('green without evidence');
  const { frame_ns: frameNs, trigger_ns: triggerNs } = result.time;
  if (frameNs === null || BigInt(frameNs) <= BigInt(triggerNs))
    problems.push('green without a frame after its trigger');
  return problems;
}

function rowProblems(row: Row, journalId: string | null): readonly string[] {
  if (row.document === null) {
    return row.position === null ? [] : ['in the outbox without having been shown'];
  }
  const problems = [...documentProblems(row, journalId)];
  if (row.position === null) problems.push('shown, but not in the outbox');
  return problems;
}

/**
 * Checks that no cup is missing and that every row agrees with its document.
 * The caller holds a transaction, so that all is seen at one moment.
 */
export function verifyJournal(db: JournalDatabase): JournalReport {
  const problems: JournalProblem[] = [];
  let problemsFound = 0;
  const report = (seq: number | null, problem: string): void => {
    problemsFound += 1;
    if (problems.length < problemsKept) problems.push({ seq, problem });
  };

  const meta = db.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const journalId = (meta.get('journal_id') as string | undefined) ?? null;
  if (journalId === null) report(null, 'the journal has no journal_id');
  for (const found of db.pragma('quick_check(10)') as { quick_check: string }[]) {
    if (found.quick_check !== 'ok') report(null, `SQLite: ${found.quick_check}`);
  }
  for (const table of ['shown', 'outbox', 'resolutions']) {
    const strays = db.prepare(
      `SELECT seq FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM judged j WHERE j.seq = t.seq)`,
    );
    for (const seq of strays.pluck().iterate() as Iterable<number>) report(seq, `in ${table} without a judged row`);
  }

  const firstSeq = (meta.get('pruned_through') as number) + 1;
  const allocated = db.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'judged'`).pluck().get();
  const lastSeq = (allocated as number | undefined) ?? 0;
  let expected = firstSeq;
  let rows = 0;
  let greens = 0;
  let waiting = 0;
  let firstWaiting: { seq: number; position: number } | null = null;
  const open: number[] = [];
  for (const row of db.prepare<[], Row>(rowsSql).iterate()) {
    if (row.seq !== expected) report(row.seq, `gap: seq ${expected} to ${row.seq - 1} are missing`);
    expected = row.seq + 1;
    rows += 1;
    if (row.document === null) open.push(row.seq);
    if (row.verdict === 'green') greens += 1;
    if (row.position !== null && row.delivered_utc === null) {
      waiting += 1;
      if (firstWaiting === null || row.position < firstWaiting.position) {
        firstWaiting = { seq: row.seq, position: row.position };
      }
    }
    for (const problem of rowProblems(row, journalId)) report(row.seq, problem);
  }
  if (expected <= lastSeq) report(lastSeq, `gap: seq ${expected} to ${lastSeq} are missing`);
  if (firstWaiting !== null) {
    const overtakers = db.prepare('SELECT seq FROM outbox WHERE position > ? AND delivered_utc IS NOT NULL');
    for (const seq of overtakers.pluck().iterate(firstWaiting.position) as Iterable<number>) {
      report(seq, `delivered before seq ${firstWaiting.seq}, which stands before it in the outbox`);
    }
  }
  return {
    ok: problemsFound === 0,
    journalId,
    firstSeq,
    lastSeq,
    rows,
    greens,
    waiting,
    open,
    problems,
    problemsFound,
  };
}

import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { ReasonGiven } from '../../pipeline/judgement.js';
import { type JudgedReceipt, type ShowableGreen, showableGreen } from '../green.js';
import type { Clock, Journal, JudgeInfo, Light } from '../ports.js';
import type { Result, ResultDraft, Shown } from '../result.js';
import type { Cup } from './cup.js';
import { draftResult, type HostFacts, type StationFacts } from './draft.js';

/** Milliseconds with two decimals. */
const toMs = (ns: bigint): number => Math.round(Number(ns) / 1e4) / 100;
const lateCommit: ReasonGiven = {
  reason: 'storage_fault',
  detail: 'the journal did not take the row within the deadline',
};
const notCurrent: ReasonGiven = { reason: 'retrigger', detail: 'another cup came before the light' };

/** The digest of a cup's picture, and where it will lie; `null` where it is not kept. */
export type PicturePolicy = (
  cup: string,
  jpeg: Uint8Array,
  utc: string,
  verdict: 'green' | 'amber',
) => ResultDraft['image'];

/** What ending a cup needs. */
export interface ConcludePorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly light: Light;
  readonly facts: StationFacts;
  readonly info: () => JudgeInfo | null;
  readonly host: () => HostFacts;
  readonly picture: PicturePolicy;
  /** Whether the light still belongs to this cup. */
  readonly ownsLight: (cup: string) => boolean;
}

/**
 * Ends a cup, in the only order in which nothing can be lost and no green can be untrue:
 * `judged` row on disk, light, `shown` row on disk.
 * `onLit` is told as soon as the lines show the verdict.
 * Errors: STORAGE_FAULT, LIGHT_LOST.
 */
export async function concludeCup(
  cup: Cup,
  because: ReasonGiven | null,
  show: boolean,
  ports: ConcludePorts,
  onLit: (light: 'green' | 'amber') => void,
  log: Logger,
): Promise<Result> {
  const draft = draftOf(cup, because, ports);
  const commit = ports.journal.judged(draft, cup.image);
  const inTime = await withinDeadline(commit, cup, ports.clock);
  const committedNs = ports.clock.nowNs();
  const green = inTime === null ? null : grant(cup, inTime);

  let lost: CupcheckError | null = null;
  let shown = notShown(cup, draft, null);
  if (show && ports.ownsLight(cup.id)) {
    try {
      shown = await light(cup, draft, green, committedNs, inTime === null, ports);
      onLit(shown.light === 'green' ? 'green' : 'amber');
    } catch (thrown) {
      const error = asCupcheckError(thrown);
      // A later state on the light is no fault: the lines belong to another cup already.
      if (error.code !== 'LIGHT_OVERTAKEN') lost = error;
      shown = notShown(cup, draft, lost);
    }
  }
  const receipt = inTime ?? (await commit);
  const image = imageOf(cup, draft, shown.light === 'green' ? 'green' : 'amber', ports);
  const result = await ports.journal.shown(receipt, { ...shown, image });
  log.info(
    {
      verdict: result.verdict,
      shown: shown.light,
      reasons: result.reasons.map((given) => given.reason),
      ms: result.ms,
    },
    'cup concluded',
  );
  if (lost !== null) throw lost;
  return result;
}

/** A cup whose verdict no light told. A green among them says why. */
function notShown(cup: Cup, draft: ResultDraft, lost: CupcheckError | null): Shown {
  const dark: ReasonGiven | null = lost && { reason: 'internal_error', detail: `no light: ${lost.message}` };
  const because = dark ?? (draft.verdict === 'green' ? (cup.withdrawn ?? notCurrent) : null);
  return { light: 'not_shown', atNs: null, lightMs: null, totalMs: null, because };
}

function draftOf(cup: Cup, because: ReasonGiven | null, ports: ConcludePorts): ResultDraft {
  const verdict = because === null && cup.judgement?.verdict === 'green' ? 'green' : 'amber';
  const image = cup.image === null ? null : ports.picture(cup.id, cup.image, cup.times.utc, verdict);
  return draftResult(cup, because, ports.facts, cup.judgedWith ?? ports.info(), ports.host(), image);
}

/** What the policy says of the light that was really shown: a green that ended amber is kept as an amber. */
function imageOf(cup: Cup, draft: ResultDraft, shown: 'green' | 'amber', ports: ConcludePorts): ResultDraft['image'] {
  if (draft.image !== null || cup.image === null || draft.verdict === shown) return draft.image;
  return ports.picture(cup.id, cup.image, cup.times.utc, shown);
}

/** The receipt, or `null` where the deadline comes first. A commit that fails throws. */
async function withinDeadline(commit: Promise<JudgedReceipt>, cup: Cup, clock: Clock): Promise<JudgedReceipt | null> {
  // An amber may be late: it can do no harm, and its row is what matters.
  if (cup.judgement?.verdict !== 'green') return commit;
  const waiting = new AbortController();
  const late = clock.until(cup.deadlineNs, waiting.signal).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([commit, late]);
  } finally {
    waiting.abort(new Error('the row is there'));
  }
}

/** The right to show green; `null` where the cup has none. */
function grant(cup: Cup, receipt: JudgedReceipt): ShowableGreen | null {
  if (cup.judgement?.verdict !== 'green' || cup.stillThere === null || cup.withdrawn !== null) return null;
  return showableGreen(cup.judgement, receipt, cup.stillThere);
}

async function light(
  cup: Cup,
  draft: ResultDraft,
  green: ShowableGreen | null,
  committedNs: bigint,
  late: boolean,
  ports: ConcludePorts,
): Promise<Shown> {
  const { atNs } = green === null ? await ports.light.show('amber', cup.id) : await ports.light.showGreen(green);
  const because = green === null && draft.verdict === 'green' ? (cup.withdrawn ?? (late ? lateCommit : null)) : null;
  if (green === null && draft.verdict === 'green' && because === null) {
    throw new CupcheckError('INTERNAL', `cup ${cup.id} was judged green without a right to show it`);
  }
  return {
    light: green === null ? 'amber' : 'green',
    atNs,
    lightMs: toMs(atNs - committedNs),
    totalMs: toMs(atNs - cup.times.triggerNs),
    because,
  };
}

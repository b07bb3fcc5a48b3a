import type { ReasonGiven } from '../../pipeline/judgement.js';
import type { Result, ResultDraft, Shown } from '../result.js';

/** Where a cup's row stands. */
export interface RowPlace {
  readonly journalId: string;
  readonly seq: number;
}

/** What a person should know where the light did not follow the judgement. */
function missedLight(draft: ResultDraft, shown: Shown): readonly ReasonGiven[] {
  if (draft.verdict === 'amber') {
    if (shown.light !== 'green') return [];
    return [{ reason: 'internal_error', detail: 'The light reported green for a cup that was judged amber.' }];
  }
  if (shown.light === 'green' || shown.because !== null) return [];
  const detail =
    shown.light === 'not_shown'
      ? 'Judged green, but the station stopped before the light showed it.'
      : `Judged green, but the light showed ${shown.light}.`;
  return [{ reason: 'internal_error', detail }];
}

/**
 * The document of a cup: what was judged, and what was really shown. Its verdict is green only where both were green.
 *
 * @param journalMs milliseconds from the call to the committed `judged` row; `null` where nobody measured it (recovery)
 */
export function finishResult(draft: ResultDraft, place: RowPlace, shown: Shown, journalMs: number | null): Result {
  return {
    schema: 1,
    id: draft.id,
    station: draft.station,
    journal_id: place.journalId,
    seq: place.seq,
    session: draft.session,
    replayed: false,
    verdict: draft.verdict === 'green' && shown.light === 'green' ? 'green' : 'amber',
    shown: { light: shown.light, at_ns: shown.atNs === null ? null : shown.atNs.toString() },
    reasons: [...draft.reasons, ...(shown.because === null ? [] : [shown.because]), ...missedLight(draft, shown)],
    warnings: draft.warnings,
    mode: draft.mode,
    order: draft.order,
    design: draft.design,
    score: draft.score,
    threshold: draft.threshold,
    evidence: draft.evidence,
    count: draft.count,
    items: draft.items,
    time: draft.time,
    ms: {
      ...draft.ms,
      journal: journalMs ?? draft.ms.journal,
      light: shown.lightMs ?? draft.ms.light,
      total: shown.totalMs ?? draft.ms.total,
    },
    bundle: draft.bundle,
    gallery_sha256: draft.gallery_sha256,
    calibration_sha256: draft.calibration_sha256,
    config_sha256: draft.config_sha256,
    provider: draft.provider,
    host: draft.host,
    image: draft.image ?? shown.image ?? null,
    tag: draft.tag,
  };
}

import type { AmberJudgement, Judgement, ReasonGiven } from '../../pipeline/judgement.js';
import type { JudgeInfo } from '../ports.js';
import type { ResultDraft } from '../result.js';
import type { Cup } from './cup.js';

/** What is the same for every cup of a session. */
export interface StationFacts {
  readonly station: string;
  readonly session: string;
  readonly mode: 'confirm' | 'identify';
  readonly configSha256: string;
}

/** What the host says at the moment of a cup. */
export interface HostFacts {
  readonly tempC: number | null;
  readonly throttled: boolean | null;
  readonly utcSynced: boolean;
}

const msBetween = (fromNs: bigint, toNs: bigint | null): number | null =>
  toNs === null ? null : Math.round(Number(toNs - fromNs) / 1e4) / 100;

/** The verdict and the reasons of a cup: its judgement, unless something else made it amber first. */
function outcome(judgement: Judgement | null, because: ReasonGiven | null): Pick<ResultDraft, 'verdict' | 'reasons'> {
  if (because !== null) {
    const more = judgement?.verdict === 'amber' ? judgement.reasons : [];
    return { verdict: 'amber', reasons: [because, ...more] };
  }
  if (judgement === null) throw new Error('a cup without a judgement needs a reason');
  return judgement.verdict === 'green'
    ? { verdict: 'green', reasons: [] }
    : { verdict: 'amber', reasons: judgement.reasons };
}

function itemsOf(judgement: Judgement | null): ResultDraft['items'] {
  return (judgement?.items ?? []).map((item) => ({
    box: item.box,
    diameter_mm: item.diameterMm,
    side: item.side,
    design: item.design,
    score: item.score,
    compatible: item.compatible,
    quality: {
      rim_seen: item.quality.rimSeen,
      rim_width: item.quality.rimWidth,
      luma: item.quality.luma,
      clipped: item.quality.clipped,
    },
  }));
}

function msOf(cup: Cup): ResultDraft['ms'] {
  const { triggerNs, settledNs, framedNs } = cup.times;
  const inside = cup.judgement?.ms;
  const rounded = (stage: keyof AmberJudgement['ms']): number | null =>
    inside === undefined ? null : Math.round(inside[stage] * 100) / 100;
  return {
    settle: msBetween(triggerNs, settledNs),
    frame: settledNs === null ? null : msBetween(settledNs, framedNs),
    decode: rounded('decode'),
    quality: rounded('quality'),
    detect: rounded('detect'),
    crop: rounded('crop'),
    infer: rounded('infer'),
    judge: rounded('judge'),
    journal: null,
    light: null,
    total: null,
  };
}

/** The result of a cup as far as it is known before the light. */
export function draftResult(
  cup: Cup,
  because: ReasonGiven | null,
  facts: StationFacts,
  info: JudgeInfo | null,
  host: HostFacts,
  image: ResultDraft['image'],
): ResultDraft {
  const judgement = cup.judgement;
  // A cup that was not judged names its bundle too.
  const unsigned = info !== null && info.signedBy === null ? (['unsigned_bundle'] as const) : [];
  const fallback = info !== null && info.fallback !== null ? (['provider_fallback'] as const) : [];
  return {
    schema: 1,
    id: cup.id,
    station: facts.station,
    session: facts.session,
    ...outcome(judgement, because),
    warnings: [...new Set([...(judgement?.warnings ?? []), ...unsigned, ...fallback])],
    mode: facts.mode,
    order:
      cup.order === null
        ? null
        : { id: cup.order.id, design: cup.order.design, count: cup.order.count, cup_no: cup.order.cupNo },
    design: judgement?.design ?? cup.order?.design ?? null,
    score: judgement?.score ?? null,
    threshold: judgement?.threshold?.score ?? null,
    evidence: judgement?.threshold?.evidence ?? null,
    count: judgement?.count ?? {
      seen: null,
      expected: cup.order?.count ?? null,
      informative: null,
      undetectable: null,
    },
    items: itemsOf(judgement),
    time: {
      utc: cup.times.utc,
      utc_synced: host.utcSynced,
      trigger_ns: String(cup.times.triggerNs),
      frame_ns: cup.frameNs,
    },
    ms: msOf(cup),
    bundle: info?.bundle ?? null,
    gallery_sha256: info?.gallerySha256 ?? null,
    calibration_sha256: info?.calibrationSha256 ?? null,
    config_sha256: facts.configSha256,
    provider: info?.provider ?? null,
    host: { temp_c: host.tempC, throttled: host.throttled },
    image,
    tag: cup.tag,
  };
}

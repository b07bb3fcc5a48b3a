import { coverageOf } from './bundle/thresholds.js';
import { designOfMost, type ItemStanding, standingOf } from './compatible.js';
import { driftFindings } from './drift.js';
import type { CupFacts, JudgedAs } from './facts.js';
import type { FreshStamp } from './frame.js';
import type { CupCount, JudgedItem, Judgement, StageMs, Warning } from './judgement.js';
import { layerFindings, lookFindings } from './look.js';
import { MIN_RIM_SEEN } from './overlap.js';
import { qualityFindings } from './quality.js';
import { byWeight, type Finding } from './reason-weight.js';
import { named } from './say.js';

/** The design that the cup is judged as: the order's, else the one that most items are. */
function judgedAs(facts: CupFacts): JudgedAs | null {
  const { manifest, judge, order, policy } = facts;
  const ordered = policy.mode === 'confirm' && order !== null;
  const index = ordered ? manifest.designs.findIndex(({ id }) => id === order.design) : designOfMost(facts);
  const design = index === null ? undefined : manifest.designs[index];
  if (index === null || design === undefined) return null;
  return { index, coverage: coverageOf(manifest, design, policy, judge) };
}

function orderFindings({ order, orderDoubt, policy, manifest }: CupFacts): Finding[] {
  if (policy.mode === 'identify') return [];
  if (order === null) return [{ reason: 'no_order', detail: orderDoubt ?? 'no order says what this cup should hold' }];
  const findings: Finding[] = [];
  if (order.expired) findings.push({ reason: 'order_expired', detail: `the order for ${order.design} has expired` });
  if (!manifest.designs.some(({ id }) => id === order.design))
    findings.push({ reason: 'not_covered', detail: `the bundle does not know "${order.design}"` });
  return findings;
}

function contentFindings(facts: CupFacts, count: CupCount): Finding[] {
  const findings: Finding[] = [];
  const [largest] = facts.unexplained;
  if (facts.items.length === 0 && largest === undefined)
    return [{ reason: 'empty_cup', detail: 'nothing lies in the cup' }];
  if (largest !== undefined) {
    const more = facts.unexplained.length > 1 ? ` and ${String(facts.unexplained.length - 1)} more` : '';
    const at = largest.box.map((value) => value.toFixed(0)).join(', ');
    findings.push({ reason: 'unexplained', detail: `something that is no judged item at ${at}${more}` });
  }
  if (count.expected !== null && count.seen !== count.expected)
    findings.push({
      reason: 'count_mismatch',
      detail: `${String(count.seen)} items seen, ${String(count.expected)} expected`,
    });
  return findings;
}

function sharedSideFindings(facts: CupFacts, standings: readonly ItemStanding[], count: CupCount): Finding[] {
  const { sharedSides, minInformative } = facts.policy;
  const silent = standings.flatMap(({ look, informative }, index) => (look === 'is' && !informative ? [index] : []));
  if (silent.length === 0) return [];
  if (sharedSides === 'strict')
    return named('uninformative', silent, (who) => `${who}: this side is shared by several designs`);
  if (count.informative >= minInformative) return [];
  return named(
    'uninformative',
    silent,
    (who) =>
      `${who}: this side is shared by several designs, and ${String(count.informative)} others tell theirs, wanted ${String(minInformative)}`,
  );
}

/** Whatever a threshold says: an item that leads nothing else is not confirmed. */
const isSure = (score: number | null): score is number => score !== null && score > 0;

function marginFindings(facts: CupFacts, cup: JudgedAs | null, standings: readonly ItemStanding[]): Finding[] {
  if (cup === null || standings.length === 0) return [];
  const { coverage, index: design } = cup;
  if (coverage.kind === 'not_covered') return [{ reason: 'not_covered', detail: coverage.detail }];
  const wanted = coverage.threshold.score;
  const score = facts.opinion.score[design] ?? -Infinity;
  const enough = score >= wanted;
  const weak = standings.flatMap((standing, index) =>
    standing.look === 'is' && !(isSure(standing.score) && (enough || standing.score >= wanted)) ? [index] : [],
  );
  // A judge of whole cups may doubt the cup and no item of it.
  if (!enough && weak.length === 0 && standings.every(({ look }) => look === 'is'))
    return [{ reason: 'low_margin', detail: `the cup: ${score.toFixed(3)}, wanted ${wanted.toFixed(3)}` }];
  const worst = Math.min(...weak.map((index) => standings[index]?.score ?? -1));
  return named('low_margin', weak, (who) => `${who}: ${worst.toFixed(3)}, wanted ${wanted.toFixed(3)}`);
}

function judgedItem(facts: CupFacts, index: number, standing: ItemStanding): JudgedItem[] {
  const item = facts.items[index];
  if (item === undefined) return [];
  const seenAs =
    standing.look === 'unknown' || standing.resembles === null ? undefined : facts.manifest.designs[standing.resembles];
  return [
    {
      box: item.box,
      ellipse: item.rimFitted ? item.outline : null,
      diameterMm: item.diameterMm,
      side: facts.opinion.items[index]?.side ?? null,
      design: seenAs?.id ?? null,
      score: standing.score,
      compatible: standing.look === 'is' && standing.sizeFits !== false && isSure(standing.score),
      informative: standing.informative,
      quality: item.quality,
    },
  ];
}

function warningsOf(facts: CupFacts, cup: JudgedAs | null, count: CupCount): Warning[] {
  const warnings: Warning[] = [];
  if (facts.pxPerMm === null) warnings.push('uncalibrated');
  if (!facts.hasReference) warnings.push('no_reference');
  if (count.expected === null) warnings.push('no_count');
  if (count.undetectable > 0) warnings.push('shared_side');
  if (cup?.coverage.kind === 'overridden') warnings.push('not_covered_override');
  if (cup?.coverage.kind === 'covered' && cup.coverage.scope !== 'design')
    warnings.push(cup.coverage.scope === 'family' ? 'family_bound' : 'pooled_bound');
  if (cup?.coverage.kind === 'covered' && (facts.manifest.designs[cup.index]?.unread ?? []).length > 0)
    warnings.push('unread_detail');
  if (!facts.bundleSigned) warnings.push('unsigned_bundle');
  if (facts.motion === null) warnings.push('single_frame');
  return warnings;
}

/**
 * The policy: green where nothing at all speaks against it, else amber with everything that does, the weightiest first.
 * @param frame the proof that the judged frame was exposed after the trigger
 */
export function decide(facts: CupFacts, frame: FreshStamp, ms: StageMs): Judgement {
  const cup = judgedAs(facts);
  const design = cup?.index ?? null;
  const standings = facts.items.map((_, item) => standingOf(facts, item, design));
  const { order, policy } = facts;
  const informative = standings.filter((standing) => standing.look === 'is' && standing.informative).length;
  const accepted =
    policy.sharedSides === 'allow' ? standings.filter(({ look, informative }) => look === 'is' && !informative) : [];
  const count: CupCount = {
    seen: facts.items.length,
    expected: order?.count ?? policy.count,
    informative,
    undetectable: accepted.length,
  };
  const ordered = policy.mode === 'confirm' ? order : null;
  const orderedName = facts.manifest.designs.find(({ id }) => id === ordered?.design)?.name ?? ordered?.design ?? null;
  const findings = byWeight([
    ...qualityFindings(facts, design),
    ...driftFindings(facts),
    ...orderFindings(facts),
    ...contentFindings(facts, count),
    ...layerFindings(facts, MIN_RIM_SEEN),
    ...lookFindings(facts, standings, orderedName, design),
    ...sharedSideFindings(facts, standings, count),
    ...marginFindings(facts, cup, standings),
  ]);
  const judged = {
    items: standings.flatMap((standing, index) => judgedItem(facts, index, standing)),
    count,
    warnings: warningsOf(facts, cup, count),
    ms,
  };
  const designId = design === null ? (ordered?.design ?? null) : (facts.manifest.designs[design]?.id ?? null);
  const score = design === null || standings.length === 0 ? null : (facts.opinion.score[design] ?? null);
  const threshold = cup === null || cup.coverage.kind === 'not_covered' ? null : cup.coverage.threshold;
  const [first, ...rest] = findings;
  if (first !== undefined)
    return { verdict: 'amber', reasons: [first, ...rest], design: designId, score, threshold, ...judged };
  // Nothing speaks against it. What a green must have is asked for once more here, by what it is and not by what was missed.
  const confirmed = judged.items.length > 0 && judged.items.every(({ compatible }) => compatible);
  if (!confirmed || designId === null || score === null || threshold === null || !(score >= threshold.score)) {
    const doubt: Finding = { reason: 'low_margin', detail: 'not every item is confirmed' };
    return { verdict: 'amber', reasons: [doubt], design: designId, score, threshold, ...judged };
  }
  return { verdict: 'green', design: designId, score, threshold, frame, ...judged };
}

import type { ItemStanding } from './compatible.js';
import type { CupFacts } from './facts.js';
import type { Finding } from './reason-weight.js';
import { itemNames, named } from './say.js';

const where = (standings: readonly ItemStanding[], is: (standing: ItemStanding) => boolean) =>
  standings.flatMap((standing, index) => (is(standing) ? [index] : []));

function measured(facts: CupFacts, index: number): string {
  const diameter = facts.items[index]?.diameterMm ?? null;
  return diameter === null ? 'of unknown size' : `${diameter.toFixed(1)} mm`;
}

/** "item 3 (24.0 mm) like nothing known", or like nothing of its size, and then what it resembles at another. */
function unknownFindings(facts: CupFacts, standings: readonly ItemStanding[]): Finding[] {
  const unknown = where(standings, ({ look }) => look === 'unknown');
  const ofAnySize = unknown.filter((index) => (standings[index]?.resembles ?? null) !== null);
  const sizes = unknown.map((index) => measured(facts, index)).join(', ');
  const atOtherSizes = ofAnySize.length === 0 ? '' : `; at another size: ${resemblances(facts, standings, ofAnySize)}`;
  return named(
    'unknown_design',
    unknown,
    (who) => `${who} (${sizes}) like nothing known${ofAnySize.length > 0 ? ' of this size' : ''}${atOtherSizes}`,
  );
}

/** "items 1 and 2 like Peace dollar, item 4 like Morgan dollar". */
function resemblances(facts: CupFacts, standings: readonly ItemStanding[], indexes: readonly number[]): string {
  const byDesign = new Map<number, number[]>();
  for (const index of indexes) {
    const design = standings[index]?.resembles ?? -1;
    byDesign.set(design, [...(byDesign.get(design) ?? []), index]);
  }
  return [...byDesign]
    .map(([design, members]) => `${itemNames(members)} like ${facts.manifest.designs[design]?.name ?? 'nothing known'}`)
    .join(', ');
}

/**
 * What speaks against the items one by one: another design, nothing known, the wrong size.
 * @param expected name of the ordered design; `null` where none was ordered
 */
export function lookFindings(
  facts: CupFacts,
  standings: readonly ItemStanding[],
  expected: string | null,
  design: number | null,
): Finding[] {
  const right = where(standings, ({ look }) => look === 'is');
  const others = where(standings, ({ look }) => look === 'other');
  const findings: Finding[] = [];
  if (others.length > 0) {
    const seen = resemblances(facts, standings, others);
    const unknown = where(standings, ({ look }) => look === 'unknown');
    const strangers = unknown.length === 0 ? '' : `, ${itemNames(unknown)} like nothing known`;
    const designs = new Set(others.map((index) => standings[index]?.resembles));
    if (expected !== null && right.length === 0)
      findings.push({ reason: 'wrong_design', detail: `ordered ${expected}; seen: ${seen}${strangers}` });
    if (right.length > 0 || designs.size > 1)
      findings.push(...named('mixed_designs', others, () => `${seen}${right.length > 0 ? ' among the others' : ''}`));
  }
  findings.push(...unknownFindings(facts, standings));
  const wanted = design === null ? undefined : facts.manifest.designs[design];
  const misfits = where(standings, ({ sizeFits }) => sizeFits === false);
  if (wanted !== undefined)
    findings.push(
      ...named(
        'wrong_size',
        misfits,
        (who) =>
          `${who}: ${misfits.map((index) => measured(facts, index)).join(', ')}; ${wanted.name} has ${String(wanted.diameterMm)} ± ${String(wanted.toleranceMm)} mm`,
      ),
    );
  return findings;
}

/** Items that lie on others, or whose rim is hidden. */
export function layerFindings({ items, overlaps, pxPerMm }: CupFacts, minRimSeen: number): Finding[] {
  const crossing = overlaps.map(([a, b]) => itemNames([a, b])).join('; ');
  const findings: Finding[] =
    overlaps.length > 0 ? [{ reason: 'overlap', detail: `one on the other: ${crossing}` }] : [];
  const hidden = items.flatMap(({ quality }, index) => (quality.rimSeen < minRimSeen ? [index] : []));
  const because = pxPerMm === null ? 'a part is hidden' : 'it gives no size';
  findings.push(
    ...named(
      'overlap',
      hidden,
      (who) => `${who}: less than ${(minRimSeen * 100).toFixed(0)} % of the rim is seen, ${because}`,
    ),
  );
  return findings;
}

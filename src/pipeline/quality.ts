import type { Exposure } from './exposure.js';
import type { CupFacts } from './facts.js';
import type { Finding } from './reason-weight.js';
import { named } from './say.js';

/** One item may be this much less sharp than the limit for the whole cup: a coin's worn edge is soft by itself. */
const ONE_ITEM_SLACK = 1.6;
/** A picture that shows no item and has lost so much of the empty cup's sharpness is out of focus. */
const MIN_SHARPNESS = 0.5;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function frameExposure(
  exposure: Exposure,
  which: string,
  { minLuma, maxClippedShare }: CupFacts['manifest']['quality'],
): Finding[] {
  if (exposure.highlight < minLuma)
    return [
      {
        reason: 'exposure',
        detail: `${which} is dark: its brightest parts are at ${exposure.highlight.toFixed(0)} of 255, wanted ${String(minLuma)}`,
      },
    ];
  if (exposure.clipped > maxClippedShare)
    return [
      {
        reason: 'exposure',
        detail: `${which} is too bright: ${(exposure.clipped * 100).toFixed(0)} % of it is white, allowed ${(maxClippedShare * 100).toFixed(0)} %`,
      },
    ];
  return [];
}

function itemExposure({ items, manifest: { quality } }: CupFacts): Finding[] {
  const dark = items.flatMap((item, index) => (item.quality.luma < quality.minLuma ? [index] : []));
  const white = items.flatMap((item, index) => (item.quality.clipped > quality.maxClippedShare ? [index] : []));
  return [
    ...named('exposure', dark, (who) => `${who}: darker than ${String(quality.minLuma)} of 255`),
    ...named('exposure', white, (who) => `${who}: more than ${(quality.maxClippedShare * 100).toFixed(0)} % white`),
  ];
}

/** Pixels a millimetre: calibrated, else from the items and the diameter of the design that they are judged as. */
export function scaleOf({ pxPerMm, items, manifest }: CupFacts, design: number | null): number | null {
  if (pxPerMm !== null) return pxPerMm;
  const diameter = design === null ? undefined : manifest.designs[design]?.diameterMm;
  if (diameter === undefined || items.length === 0) return null;
  return median(items.map((item) => item.outline.major)) / diameter;
}

function focus(facts: CupFacts, scale: number | null): Finding[] {
  if (facts.items.length === 0)
    return facts.sharpness !== null && facts.sharpness < MIN_SHARPNESS
      ? [
          {
            reason: 'blur',
            detail: `the picture has ${(facts.sharpness * 100).toFixed(0)} % of the empty cup’s sharpness`,
          },
        ]
      : [];
  if (scale === null) return [];
  const limit = facts.manifest.quality.maxRimWidthMm;
  const widths = facts.items.flatMap(({ rimWidthPx }) => (rimWidthPx === null ? [] : [rimWidthPx / scale]));
  if (widths.length === 0) return [{ reason: 'blur', detail: 'no rim can be seen' }];
  const usual = median(widths);
  if (usual > limit)
    return [{ reason: 'blur', detail: `rims are ${usual.toFixed(2)} mm wide, allowed ${String(limit)} mm` }];
  const soft = facts.items.flatMap(({ rimWidthPx }, index) =>
    rimWidthPx !== null && rimWidthPx / scale > ONE_ITEM_SLACK * limit ? [index] : [],
  );
  return named('blur', soft, (who) => `${who}: the rim is wider than ${(ONE_ITEM_SLACK * limit).toFixed(2)} mm`);
}

/** Whether the pictures are good enough to judge by: light, motion, focus, resolution. */
export function qualityFindings(facts: CupFacts, design: number | null): Finding[] {
  const findings: Finding[] = [];
  const { quality } = facts.manifest;
  for (const [index, exposure] of facts.exposures.entries())
    findings.push(...frameExposure(exposure, index === 0 ? 'the picture' : 'the second picture', quality));
  findings.push(...itemExposure(facts));
  if (facts.motion !== null && facts.motion > quality.maxMotion)
    findings.push({
      reason: 'motion',
      detail: `two pictures differ by ${facts.motion.toFixed(1)} levels, allowed ${String(quality.maxMotion)}`,
    });
  const scale = scaleOf(facts, design);
  findings.push(...focus(facts, scale));
  const wanted = design === null ? undefined : facts.manifest.designs[design];
  if (wanted !== undefined && scale !== null && scale < wanted.minPxPerMm)
    findings.push({
      reason: 'crop_too_small',
      detail: `${scale.toFixed(1)} px/mm, ${wanted.name} needs ${String(wanted.minPxPerMm)}`,
    });
  return findings;
}

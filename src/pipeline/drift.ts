import type { CupFacts } from './facts.js';
import type { Finding } from './reason-weight.js';

/** A lamp that gives less than this share of its light, or more than its inverse, is amber; `doctor` speaks far earlier. */
export const MIN_LIGHT = 0.5;
/** So much of the empty cup's detail must be found again in the whole picture … */
export const MIN_DETAIL = 0.7;
/** … and in each part of it: a spot on the lens, or a camera that turned, takes it from one part alone. */
export const MIN_PART_DETAIL = 0.5;

const percent = (share: number) => `${Math.max(0, share * 100).toFixed(0)} %`;

/** What lamp, lens and camera lost since the empty cup's picture was taken, where it is so much that nothing else can be trusted. */
export function driftFindings({ drift }: CupFacts): Finding[] {
  if (drift === null) return [];
  const { light, detail, worst } = drift;
  const findings: Finding[] = [];
  if (light < MIN_LIGHT || light > 1 / MIN_LIGHT)
    findings.push({
      reason: 'exposure',
      detail: `the light is at ${percent(light)} of what it was at the calibration, allowed ${percent(MIN_LIGHT)} to ${percent(1 / MIN_LIGHT)}`,
    });
  const because = 'dirty lens, out of focus, or the camera moved';
  if (detail !== null && detail < MIN_DETAIL)
    findings.push({
      reason: 'blur',
      detail: `${percent(detail)} of the empty cup’s detail is seen, wanted ${percent(MIN_DETAIL)}: ${because}`,
    });
  else if (worst !== null && worst.detail < MIN_PART_DETAIL)
    findings.push({
      reason: 'blur',
      detail: `${percent(worst.detail)} of the empty cup’s detail is seen at ${worst.box.map((px) => px.toFixed(0)).join(', ')}, wanted ${percent(MIN_PART_DETAIL)}: ${because}`,
    });
  return findings;
}

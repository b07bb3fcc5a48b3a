import { goldenName } from './compare-golden.js';
import type { JudgeInfo } from '../ports.js';
import { failedParts, isSame, type JudgedBy, judgedBy, type SelfTestReport } from './self-test-report.js';

const hourMs = 3_600_000;
/** A clock may have been set back by so much since the last one. */
const clockSlackMs = 300_000;

/** Whether a self-test is as old as that, or of a time that cannot be believed. */
export const isOlder = (ageMs: number, hours: number): boolean => ageMs < -clockSlackMs || ageMs >= hours * hourMs;

export interface SelfTestFacts {
  /** The last one; `null` = none. */
  readonly report: SelfTestReport | null;
  /** Of the last one. */
  readonly ageMs: number | null;
  /** Golden pictures that are kept. */
  readonly pictures: number;
  /** What judges now; `null` = nothing, so there is no green. */
  readonly serving: JudgeInfo | null;
  /** What has judged the golden pictures as they must be. */
  readonly vouched: readonly JudgedBy[];
  /** 0 = never overdue. */
  readonly maxAgeH: number;
}

/** Why no green can be relied on; `null` where the last self-test vouches for it, or there is no golden picture. */
export function doubtOf({ report, ageMs, pictures, serving, vouched, maxAgeH }: SelfTestFacts): string | null {
  if (report?.outcome === 'failed') {
    const [first] = report.failed;
    const more = report.failures > 1 ? ` (and ${report.failures - 1} more)` : '';
    const cup = first === undefined ? '' : `: ${goldenName(first)}, ${first.why}${more}`;
    return `the self-test failed at ${report.at}${cup}`;
  }
  const [part, ...others] = report === null ? [] : failedParts(report);
  if (report !== null && part !== undefined) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `the self-test found at ${report.at}: ${part.part}, ${part.detail}${more}`;
  }
  if (pictures === 0 || maxAgeH === 0) return null;
  if (report === null || report.outcome === 'no_pictures' || ageMs === null)
    return `no self-test has been run on the golden pictures (${pictures})`;
  if (serving !== null && !vouched.some((one) => isSame(one, judgedBy(serving)))) {
    const { bundle, provider } = serving;
    return `no self-test has been run with ${bundle.name} ${bundle.version} on ${provider}, and what was taught`;
  }
  return isOlder(ageMs, maxAgeH) ? `the last self-test was at ${report.at}, selftest.maxAgeH is ${maxAgeH}` : null;
}

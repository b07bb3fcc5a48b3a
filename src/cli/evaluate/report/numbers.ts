import type { Share } from '../summary.js';

export const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** "76.1 %"; "–" where there is nothing to take a share of. */
export const shareText = ({ part, of }: Share): string => (of === 0 ? '–' : percent(part / of));

/** "76.1 % (379 of 498)". */
export const shareOfText = ({ part, of }: Share): string =>
  of === 0 ? '–' : `${percent(part / of)} (${part} of ${of})`;

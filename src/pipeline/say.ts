import type { CupReason, Finding } from './reason-weight.js';

/** "item 3", "items 1, 3 and 5": people count from 1. */
export function itemNames(indexes: readonly number[]): string {
  const numbers = indexes.map((index) => String(index + 1));
  const last = numbers.at(-1) ?? '';
  if (numbers.length <= 1) return `item ${last}`;
  return `items ${numbers.slice(0, -1).join(', ')} and ${last}`;
}

/** One finding on these items, none where there are none. A single item is pointed at. */
export function named(reason: CupReason, indexes: readonly number[], detail: (who: string) => string): Finding[] {
  const [only] = indexes;
  if (only === undefined) return [];
  const finding: Finding = { reason, detail: detail(itemNames(indexes)) };
  return [indexes.length === 1 ? { ...finding, item: only } : finding];
}

import { distance } from 'fastest-levenshtein';
import { keys } from './keys.js';

const lastWord = (name: string) => name.slice(name.lastIndexOf('.') + 1);

/**
 * The key or section that someone who wrote `name` most likely meant; `null` where none is close.
 * A right word in a wrong section ("deadlineMs" alone) counts as near.
 */
export function nearestKey(name: string): string | null {
  const sections = keys.flatMap((entry) => {
    const words = entry.name.split('.');
    return words.slice(1).map((_, index) => words.slice(0, index + 1).join('.'));
  });
  let best: { name: string; cost: number } | null = null;
  for (const candidate of new Set([...keys.map((entry) => entry.name), ...sections])) {
    const elsewhere = 1 + distance(lastWord(name).toLowerCase(), lastWord(candidate).toLowerCase());
    const cost = Math.min(distance(name.toLowerCase(), candidate.toLowerCase()), elsewhere);
    if (best === null || cost < best.cost) best = { name: candidate, cost };
  }
  return best !== null && best.cost <= Math.max(2, Math.floor(lastWord(name).length / 3)) ? best.name : null;
}

/** The environment variable that someone who set `variable` most likely meant. */
export function nearestVariable(variable: string): string | null {
  const ranked = keys.map(({ env }) => ({ env, cost: distance(env, variable) })).sort((a, b) => a.cost - b.cost);
  const best = ranked[0];
  return best !== undefined && best.cost <= 3 ? best.env : null;
}

import { readFileSync } from 'node:fs';

/** The version of this program, from its package.json (the same number of folders up from src/ and from dist/). */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Whether `have` is `wanted` or newer; both major.minor.patch. */
export function isAtLeast(have: string, wanted: string): boolean {
  const [a, b] = [have, wanted].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (a?.[part] ?? 0) - (b?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

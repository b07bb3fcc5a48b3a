import { createHash, type Hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../../pipeline/bundle/load.js';
import type { Precision } from '../../pipeline/bundle/precision.js';
import type { JudgingRules } from './cup-judging.js';
import type { TruthCup } from './truth.js';

/** What decides the outcomes of an evaluation; its names are what a person is told has changed. */
export interface RunIdentity {
  readonly program: string;
  readonly bundle: string;
  readonly gallery: string;
  readonly truth: string;
  readonly pictures: string;
  readonly options: string;
}

const sha256 = (...texts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex');
};

/** @param bundle digest of its manifest, which names the digests of its files; and of all vectors that judge */
export async function runIdentity(
  folder: string,
  cups: readonly TruthCup[],
  judges: readonly string[],
  rules: JudgingRules,
  bundle: Pick<Bundle, 'sha256' | 'gallerySha256'>,
  precision: Precision,
): Promise<RunIdentity> {
  return {
    program: programDigest(),
    bundle: bundle.sha256,
    gallery: bundle.gallerySha256,
    truth: sha256(JSON.stringify(cups)),
    pictures: await picturesDigest(folder, cups),
    options: sha256(JSON.stringify({ judges, rules, precision })),
  };
}

/** Names, sizes and times of change: reading every picture would take as long as judging some of them. */
async function picturesDigest(folder: string, cups: readonly TruthCup[]): Promise<string> {
  const names = new Set(cups.flatMap(({ image, reference }) => (reference === null ? [image] : [image, reference])));
  const hash = createHash('sha256');
  for (const name of names) {
    // One that is not there is refused when its cup is judged, with its name.
    const found = await stat(join(folder, name), { bigint: true }).catch(() => null);
    hash.update(`${name} ${found === null ? '-' : `${found.size} ${found.mtimeNs}`}\n`);
  }
  return hash.digest('hex');
}

/** The modules that judge, and the addon. Outcomes of two versions of the code must not be mixed. */
const judging = ['pipeline', 'native', 'hw/inference', 'cli/evaluate'];

function programDigest(): string {
  const hash = createHash('sha256');
  for (const name of judging) addFolder(hash, fileURLToPath(new URL(`../../${name}`, import.meta.url)), /\.[jt]s$/);
  const addon = fileURLToPath(new URL('../../../build/Release', import.meta.url));
  if (existsSync(addon)) addFolder(hash, addon, /^[^/]*\.node$/);
  return hash.digest('hex');
}

function addFolder(hash: Hash, folder: string, wanted: RegExp): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (wanted.test(name)) hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
}

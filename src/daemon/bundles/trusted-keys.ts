import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { readPublicKey, type Trust, type TrustedKey } from '../../pipeline/bundle/signature.js';

const MAX_KEY_BYTES = 4096;
const MAX_KEYS = 100;

/** Where a process finds what it trusts. */
export interface TrustSettings {
  /** Folder of public keys, `*.pub`; one that is not there holds none. */
  readonly folder: string;
  readonly allowUnsigned: boolean;
}

/** A PEM file, whole. Errors: KEY_INVALID. */
export async function readPem(path: string): Promise<string> {
  return (await readBounded(path, MAX_KEY_BYTES, 'KEY_INVALID', 'KEY_INVALID')).toString('latin1');
}

async function keyFiles(folder: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pub')).sort();
    if (names.length <= MAX_KEYS) return names;
    throw new CupcheckError('KEY_INVALID', `${folder} holds ${names.length} keys, allowed are ${MAX_KEYS}`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    if (cause instanceof CupcheckError) throw cause;
    throw new CupcheckError('KEY_INVALID', `${folder}: ${(cause as Error).message}`, { cause });
  }
}

/** Every key of the folder. One that cannot be read is an error: it would be missed at the next update. Errors: KEY_INVALID. */
export async function readTrust({ folder, allowUnsigned }: TrustSettings): Promise<Trust> {
  const keys: TrustedKey[] = [];
  for (const name of await keyFiles(folder)) {
    const path = join(folder, name);
    keys.push({ ...readPublicKey(await readPem(path), path), name: basename(name, '.pub') });
  }
  return { keys, allowUnsigned };
}

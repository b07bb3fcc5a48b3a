import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import type { Galleries, ServedGallery } from './galleries.js';
import { readIfThere } from './read-if-there.js';

const maxBytes = 4096;

async function readPointer(path: string): Promise<ServedGallery | null> {
  const bytes = await readIfThere(path, maxBytes);
  if (bytes === null) return null;
  try {
    const { schema, gallery, when, who } = (JSON.parse(bytes.toString('utf8')) ?? {}) as Readonly<
      Record<string, unknown>
    >;
    if (schema === 1 && typeof gallery === 'string' && /^[0-9a-f]{64}$/.test(gallery))
      return { gallery, when: String(when), who: String(who) };
  } catch (cause) {
    throw new CupcheckError('GALLERY_INVALID', `${path} is not JSON`, { cause });
  }
  throw new CupcheckError('GALLERY_INVALID', `${path} names no gallery`);
}

/**
 * What served before `bundle-state.json` said so: each network's folder had a `serving.json` of its own.
 * @param root the folder of what was taught, by network
 * @throws GALLERY_INVALID
 */
export async function servedBefore(root: string): Promise<Galleries> {
  const names = await readdir(root).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new CupcheckError('GALLERY_INVALID', `cannot read ${root}: ${cause.message}`, { cause });
  });
  const served: Record<string, ServedGallery> = {};
  for (const network of names.filter((name) => /^[0-9a-f]{64}$/.test(name))) {
    const pointer = await readPointer(join(root, network, 'serving.json'));
    if (pointer !== null) served[network] = pointer;
  }
  return served;
}

import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { blockBytes, fillBytes, headerOf } from '../../daemon/bundles/ustar.js';
import type { Part } from './part.js';

/** A `.tar.gz` of the parts, all in one folder. */
export async function packParts(folder: string, parts: readonly Pick<Part, 'name' | 'bytes'>[]): Promise<Uint8Array> {
  const files = parts.flatMap(({ name, bytes }) => [
    headerOf({ name: `${folder}/${name}`, bytes: bytes.length }),
    bytes,
    Buffer.alloc(fillBytes(bytes.length)),
  ]);
  return await promisify(gzip)(Buffer.concat([...files, Buffer.alloc(2 * blockBytes)]));
}

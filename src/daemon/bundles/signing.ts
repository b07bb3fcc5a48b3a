import { generateKeyPairSync } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import {
  readPrivateKey,
  readPublicKey,
  signatureFile,
  signManifest,
  type SigningKey,
} from '../../pipeline/bundle/signature.js';
import { syncFolder } from './durable-folder.js';
import { readPem } from './trusted-keys.js';
import { storeError } from './unpack.js';

async function writeKey(path: string, pem: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(pem);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a key pair: the private key in `path`, for its owner alone, the public one in `path.pub`. Never over a file that is there.
 * @returns id of the key @throws BUNDLE_STORE, USAGE where there is one
 */
export async function makeKeyPair(path: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  try {
    await writeKey(path, privateKey, 0o600);
    try {
      await writeKey(`${path}.pub`, publicKey, 0o644);
    } catch (cause) {
      await rm(path);
      throw cause;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new CupcheckError('USAGE', `${path} or ${path}.pub is there already: no key is ever overwritten`);
    throw storeError(`cannot write ${path}`, cause);
  }
  return readPublicKey(publicKey, path).id;
}

/** Errors: KEY_INVALID. */
export const readSigningKey = async (path: string): Promise<SigningKey> => readPrivateKey(await readPem(path), path);

/** Signs a manifest that the caller has verified, beside it. @throws BUNDLE_STORE */
export async function signFolder(folder: string, manifest: Uint8Array, key: SigningKey): Promise<void> {
  const path = join(folder, signatureFile);
  const temporary = `${path}.new`;
  try {
    await rm(temporary, { force: true });
    await writeKey(temporary, signManifest(manifest, key), 0o644);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    throw storeError(`cannot write ${path}`, cause);
  }
}

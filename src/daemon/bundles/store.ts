import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundleLimits, bundleLimits } from '../../pipeline/bundle/limits.js';
import { bundleBytes, readSignedManifest, type SignedManifest } from '../../pipeline/bundle/read-manifest.js';
import { type Signature, signatureFile, type Trust } from '../../pipeline/bundle/signature.js';
import { whileLocked } from '../folder-lock.js';
import { makeStoreFolder, syncFolder } from './durable-folder.js';
import { storeError, unpackBundle } from './unpack.js';
import { type VerifiedFolder, verifyFolder } from './verify-folder.js';

/** Where a bundle lies until it is proved: whatever is in it at the start of an installation, was left by one that was interrupted. */
export const stagingFolder = (store: string): string => join(store, '.staging');
const digest = /^[0-9a-f]{64}$/;

/** Folder of an installed bundle: the store's name for it is the digest of its manifest. */
export const bundlePlace = (store: string, sha256: string): string => join(store, sha256);

export interface Installed extends SignedManifest {
  readonly folder: string;
  /** `repaired`: what lay there was not whole, or not signed by this key. */
  readonly outcome: 'installed' | 'already_there' | 'repaired';
}

/**
 * Puts the bundle of an archive into the store, and changes nothing else. After a power cut at any moment the bundle is there whole,
 * or not at all; what was left half-way goes with the next installation.
 * @throws BUNDLE_BUSY, BUNDLE_STORE, and as `unpackBundle`
 */
export async function installBundle(
  stream: AsyncIterable<Uint8Array>,
  store: string,
  trusted: Trust,
  limits: BundleLimits = bundleLimits,
): Promise<Installed> {
  await onDisk(`cannot prepare ${store}`, () => makeStoreFolder(store));
  return await whileLocked({ path: store }, 'BUNDLE_BUSY', () => install(stream, store, trusted, limits));
}

async function install(
  stream: AsyncIterable<Uint8Array>,
  store: string,
  trusted: Trust,
  limits: BundleLimits,
): Promise<Installed> {
  const staging = stagingFolder(store);
  await onDisk(`cannot prepare ${staging}`, async () => {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { mode: 0o700 });
  });
  try {
    const unpacked = await unpackBundle(stream, join(staging, 'new'), limits, trusted);
    const folder = bundlePlace(store, unpacked.sha256);
    const outcome = await onDisk(`cannot put the bundle at ${folder}`, () => place(unpacked, staging, store, trusted));
    return { ...unpacked, folder, outcome };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw storeError(what, cause);
  }
}

async function place(
  unpacked: VerifiedFolder,
  staging: string,
  store: string,
  trusted: Trust,
): Promise<Installed['outcome']> {
  const folder = bundlePlace(store, unpacked.sha256);
  const there = await lies(folder, unpacked, trusted);
  if (there === 'same') return 'already_there';
  if (there === 'unsigned') {
    await rename(join(staging, 'new', signatureFile), join(folder, signatureFile));
    await syncFolder(folder);
    return 'repaired';
  }
  // It is damaged, so that nothing is lost if the power goes between the two.
  if (there === 'other') await rename(folder, join(staging, 'old'));
  await rename(join(staging, 'new'), folder);
  await syncFolder(store);
  return there === 'other' ? 'repaired' : 'installed';
}

/** What lies at the bundle's place: the very same, the same without its signature, something else, or nothing. */
async function lies(
  folder: string,
  wanted: SignedManifest,
  trusted: Trust,
): Promise<'same' | 'unsigned' | 'other' | 'nothing'> {
  try {
    const found = await verifyFolder(folder, { ...trusted, allowUnsigned: true });
    // A signed copy stays when the same bundle comes again, with another signature or none.
    const isAsGood = found.signature.kind === 'signed' || wanted.signature.kind === 'unsigned';
    if (found.sha256 !== wanted.sha256) return 'other';
    return isAsGood ? 'same' : 'unsigned';
  } catch {
    const parts = await readdir(folder).catch(() => null);
    return parts === null ? 'nothing' : 'other';
  }
}

/** An installed bundle as its manifest tells of it: its files are not read. */
export type Listed = { readonly folder: string; readonly sha256: string } & (
  | {
      readonly ok: true;
      readonly name: string;
      readonly version: string;
      readonly created: string;
      readonly bytes: number;
      readonly signature: Signature;
    }
  | { readonly ok: false; readonly problem: string }
);

/** What the store holds, by name and version. A store that is not there holds nothing. Errors: BUNDLE_STORE. */
export async function listBundles(store: string, trusted: Trust): Promise<readonly Listed[]> {
  const names = await readdir(store).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw storeError(`cannot read ${store}`, cause);
  });
  const listed = await Promise.all(
    names
      .filter((name) => digest.test(name))
      .map((sha256) => listedBundle(bundlePlace(store, sha256), sha256, trusted)),
  );
  const byName = (a: Listed, b: Listed) => sortKey(a).localeCompare(sortKey(b), 'en', { numeric: true });
  return [...listed.filter(({ ok }) => ok).sort(byName), ...listed.filter(({ ok }) => !ok).sort(byName)];
}

const sortKey = (one: Listed) => (one.ok ? `${one.name} ${one.version} ${one.sha256}` : one.sha256);

async function listedBundle(folder: string, sha256: string, trusted: Trust): Promise<Listed> {
  try {
    const found = await readSignedManifest(folder, { ...trusted, allowUnsigned: true });
    if (found.sha256 !== sha256) return { folder, sha256, ok: false, problem: 'its manifest is another one' };
    const { name, version, created } = found.manifest;
    const bytes = bundleBytes(found);
    return { folder, sha256, ok: true, name, version, created, bytes, signature: found.signature };
  } catch (error) {
    return { folder, sha256, ok: false, problem: (error as Error).message };
  }
}

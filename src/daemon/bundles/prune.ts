import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFolder } from '../config/shipped-bundle.js';
import { whileLocked } from '../folder-lock.js';
import type { BundleConfig } from './judging-bundle.js';
import { neededBundles } from './bundle-state.js';
import { readBundleState } from './bundle-state-file.js';
import { syncFolder } from './durable-folder.js';
import { type Listed, listBundles, stagingFolder } from './store.js';
import { readTrust } from './trusted-keys.js';
import { storeError } from './unpack.js';

export interface Pruned {
  readonly removed: readonly Listed[];
  readonly kept: readonly Listed[];
}

/**
 * Removes the bundles that no way forward or back needs: not the active one, the one before, a candidate, nor the one of the config.
 * Each leaves its place by one rename. A station may stage one of them at that very moment: then it comes back.
 * @throws BUNDLE_STATE, BUNDLE_BUSY, BUNDLE_STORE
 */
export async function pruneBundles(config: BundleConfig): Promise<Pruned> {
  const { store, trusted } = config.bundle;
  const trust = await readTrust({ folder: trusted, allowUnsigned: true });
  const isNeeded = async (): Promise<(one: Listed) => boolean> => {
    const needed = neededBundles(await readBundleState(config));
    return ({ sha256, folder }) => needed.has(sha256) || folder === bundleFolder(config);
  };
  const before = await isNeeded();
  const there = await listBundles(store, trust);
  if (there.every(before)) return { removed: [], kept: there };
  await access(store, constants.W_OK).catch((cause: unknown) => {
    throw storeError(`cannot prune ${store}`, cause);
  });
  return await whileLocked({ path: store }, 'BUNDLE_BUSY', async () => {
    const listed = await listBundles(store, trust);
    const unneeded = listed.filter((one) => !before(one));
    const staging = stagingFolder(store);
    const aside = (one: Listed) => join(staging, one.sha256);
    try {
      await rm(staging, { recursive: true, force: true });
      await mkdir(staging, { mode: 0o700 });
      for (const one of unneeded) await rename(one.folder, aside(one));
      const after = await isNeeded();
      for (const one of unneeded.filter(after)) await rename(aside(one), one.folder);
      await syncFolder(store);
      await rm(staging, { recursive: true, force: true });
      const removed = unneeded.filter((one) => !after(one));
      return { removed, kept: listed.filter((one) => !removed.includes(one)) };
    } catch (cause) {
      throw storeError(`cannot prune ${store}`, cause);
    }
  });
}

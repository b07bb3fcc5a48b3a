import { readTrust } from '../daemon/bundles/trusted-keys.js';
import { schema } from '../daemon/config/schema.js';
import { shippedBundle } from '../daemon/config/shipped-bundle.js';
import { bundleWithGallery } from '../daemon/gallery/gallery-folder.js';
import { OnnxRuntime } from '../hw/inference/onnx-runtime.js';
import { type Bundle, loadBundle } from '../pipeline/bundle/load.js';
import type { Precision } from '../pipeline/bundle/precision.js';
import { type Engine, loadEngine } from '../pipeline/engine.js';

/**
 * The bundle in `folder` (`null` = the shipped one), with the gallery in `gallery` (`null` = its own alone). Whoever names a
 * bundle to look at pictures with answers for it: an unsigned one is taken, and each result warns. No light is lit by it.
 */
export async function offlineBundle(
  folder: string | null,
  gallery: string | null,
  precision: Precision = 'fp32',
): Promise<Bundle> {
  const trust = await readTrust({ folder: schema.bundle.trusted.default, allowUnsigned: true });
  const bundle = await loadBundle(folder ?? shippedBundle, trust, precision);
  return gallery === null ? bundle : await bundleWithGallery(bundle, gallery);
}

/** A bundle's networks on this machine's CPU. */
export const engineOf = (bundle: Bundle, threads: number, judges: readonly string[] = []): Promise<Engine> =>
  loadEngine(bundle, new OnnxRuntime({ providers: ['cpu'], require: null, threads }), judges);

/**
 * Loads a bundle and its networks on this machine's CPU, without a daemon; see `offlineBundle`.
 * @param judges empty = the one that the bundle names
 */
export async function offlineEngine(
  folder: string | null,
  threads: number,
  judges: readonly string[] = [],
  gallery: string | null = null,
  precision: Precision = 'fp32',
): Promise<Engine> {
  return await engineOf(await offlineBundle(folder, gallery, precision), threads, judges);
}

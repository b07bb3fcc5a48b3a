import { serveOffline } from '../../daemon/bundles/change-offline.js';
import type { Config } from '../../daemon/config/schema.js';
import type { ServedGallery } from '../../daemon/gallery/galleries.js';
import type { UpdateAnswer } from '../../daemon/update/bundle-updates.js';
import { ProvingProgress } from '../bundle/proving-progress.js';
import { stationOrOffline } from '../bundle/station-or-offline.js';
import type { Cli } from '../cli.js';
import { orInterrupted } from '../interrupt.js';
import type { ServedBy } from './recalibrate.js';

/**
 * Lets a kept gallery serve for a network: a running station proves it beside the present one and exchanges them between two cups.
 * @param served `null` = none, for the bundle judges alone
 * @throws GALLERY_INVALID, BUNDLE_REJECTED, BUNDLE_BUSY, BUNDLE_STATE, STORAGE_FAULT
 */
export async function letServe(
  cli: Cli,
  config: Config,
  network: string,
  served: ServedGallery | null,
  { when, who }: { readonly when: string; readonly who: string },
): Promise<ServedBy> {
  const progress = new ProvingProgress(cli);
  const { onEvent } = progress;
  const asked = { network, gallery: served?.gallery ?? null, when, who };
  const { by } = await stationOrOffline(
    () =>
      orInterrupted(
        (signal) => cli.ask<UpdateAnswer>('gallery.serve', asked, { timeoutMs: null, onEvent, signal }),
        () => progress.interrupted(),
      ),
    () => serveOffline(config, network, served, new Date(when)),
  ).finally(() => progress.end());
  return by;
}

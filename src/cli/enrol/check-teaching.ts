import { CupcheckError } from '../../errors.js';
import type { Bundle } from '../../pipeline/bundle/load.js';
import type { DesignSpec } from '../../pipeline/bundle/manifest.js';
import type { OneItem } from '../../pipeline/taught/one-item.js';
import {
  activeAdditions,
  designIdPattern,
  type TaughtDesign,
  type TaughtGallery,
} from '../../pipeline/taught/taught-gallery.js';

/** What a person says of the design that is taught. */
export interface DesignGiven {
  readonly design: string;
  readonly name: string | null;
  readonly diameterMm: number | null;
}

/** A diameter that is said again may differ by so much. */
const SAME_DIAMETER_MM = 0.2;
/** A station's own error is shared by all its cups; see `models/train/choose.py`. */
const LEAST_TOLERANCE_MM = 0.6;

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Tolerance and resolution by the rules that the bundle's own designs show. */
function designOfSize(id: string, name: string, diameterMm: number, designs: readonly DesignSpec[]): TaughtDesign {
  const share = median(designs.map((one) => one.toleranceMm / one.diameterMm));
  const leastPxPerMm = Math.min(...designs.map((one) => one.minPxPerMm));
  const leastPx = Math.min(...designs.map((one) => one.minPxPerMm * one.diameterMm));
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return {
    id,
    name,
    diameterMm: rounded(diameterMm),
    toleranceMm: rounded(Math.max(LEAST_TOLERANCE_MM, share * diameterMm)),
    minPxPerMm: rounded(Math.max(leastPxPerMm, leastPx / diameterMm)),
  };
}

/**
 * The design that pictures are taught for: one of the bundle, one that was taught before, or a new one.
 * @throws USAGE (id), ENROL_SIZE where nothing says its diameter, or what says it disagrees
 */
export function designTaught(
  { design, name, diameterMm }: DesignGiven,
  items: readonly OneItem[],
  bundle: Bundle,
  taught: TaughtGallery,
): { readonly design: TaughtDesign | DesignSpec; readonly isNew: boolean } {
  const { designs } = bundle.manifest;
  // One whose pictures were all taken back may have been taught with a wrong diameter: it starts anew.
  const inUse = activeAdditions(taught).some((addition) => addition.design === design);
  const before =
    designs.find(({ id }) => id === design) ?? (inUse ? taught.designs.find(({ id }) => id === design) : undefined);
  if (before !== undefined) {
    if (diameterMm !== null && Math.abs(diameterMm - before.diameterMm) > SAME_DIAMETER_MM)
      throw new CupcheckError(
        'ENROL_SIZE',
        `${design} has ${String(before.diameterMm)} mm, --diameter-mm says ${String(diameterMm)}`,
      );
    return { design: before, isNew: false };
  }
  if (!new RegExp(designIdPattern).test(design))
    throw new CupcheckError(
      'USAGE',
      `--design is ${JSON.stringify(design)}, wanted 1 to 63 letters, digits, - _ or ., a letter or digit first`,
    );
  const measured = items.flatMap((item) => item.diameterMm ?? []);
  const said = diameterMm ?? (measured.length > 0 ? median(measured) : null);
  if (said === null)
    throw new CupcheckError(
      'ENROL_SIZE',
      `nothing says the diameter of ${design}: the pictures have no scale, and --diameter-mm was not given`,
    );
  if (!(said >= 5 && said <= 100))
    throw new CupcheckError('ENROL_SIZE', `the diameter of ${design} is ${said.toFixed(1)} mm, wanted 5 to 100`);
  return { design: designOfSize(design, name ?? design, said, designs), isNew: true };
}

/** Whether an item is of its design's size and seen well enough. Errors: ENROL_SIZE, ENROL_TOO_SMALL, ENROL_UNCLEAR. */
export function checkItem(item: OneItem, design: TaughtDesign | DesignSpec, bundle: Bundle): void {
  const { id, diameterMm, toleranceMm, minPxPerMm } = design;
  if (item.diameterMm !== null && Math.abs(item.diameterMm - diameterMm) > toleranceMm)
    throw new CupcheckError(
      'ENROL_SIZE',
      `the item measures ${item.diameterMm.toFixed(1)} mm, ${id} has ${String(diameterMm)} ± ${String(toleranceMm)} mm`,
    );
  const pxPerMm = item.majorPx / diameterMm;
  if (pxPerMm < minPxPerMm)
    throw new CupcheckError(
      'ENROL_TOO_SMALL',
      `the item is ${item.majorPx.toFixed(0)} px wide, ${pxPerMm.toFixed(1)} a mm; wanted ${String(minPxPerMm)} a mm`,
    );
  const rimMm = item.rimWidthPx / pxPerMm;
  const { maxRimWidthMm } = bundle.manifest.quality;
  if (rimMm > maxRimWidthMm)
    throw new CupcheckError(
      'ENROL_UNCLEAR',
      `blurred: the rim is ${rimMm.toFixed(2)} mm wide, allowed ${String(maxRimWidthMm)} mm`,
    );
}

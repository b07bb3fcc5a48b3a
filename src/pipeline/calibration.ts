import { CupcheckError } from '../errors.js';

/** What a station measured once of its camera and cup place (`calibration.json`, schema 1). */
export interface Calibration {
  readonly schema: 1;
  /** Pixels a millimetre at the cup's bottom. */
  readonly pxPerMm: number;
  /** Picture of the empty cup, a file name beside the calibration; `null` = none. */
  readonly reference: string | null;
  /** When, UTC ISO 8601. */
  readonly at: string;
  readonly camera: { readonly width: number; readonly height: number };
}

export const MIN_PX_PER_MM = 0.5;
export const MAX_PX_PER_MM = 200;

const invalid = (what: string) => new CupcheckError('CALIBRATION_INVALID', `calibration: ${what}`);
const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing';

function wholePx(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 64 || value > 8192)
    throw invalid(`camera.${name} is ${shown(value)}, wanted whole pixels from 64 to 8192`);
  return value;
}

/** @throws CALIBRATION_INVALID naming the field, what it holds and what is wanted */
export function parseCalibration(text: string): Calibration {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CupcheckError('CALIBRATION_INVALID', `calibration is not JSON: ${String(cause)}`, { cause });
  }
  if (typeof document !== 'object' || document === null) throw invalid('is no JSON object');
  const { schema, pxPerMm, reference, at, camera } = document as Readonly<Record<string, unknown>>;
  if (schema !== 1) throw invalid(`schema is ${shown(schema)}, wanted 1`);
  if (typeof pxPerMm !== 'number' || !(pxPerMm >= MIN_PX_PER_MM && pxPerMm <= MAX_PX_PER_MM))
    throw invalid(`pxPerMm is ${shown(pxPerMm)}, wanted ${String(MIN_PX_PER_MM)} to ${String(MAX_PX_PER_MM)}`);
  if (reference !== null && (typeof reference !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(reference)))
    throw invalid(`reference is ${shown(reference)}, wanted a file name beside the calibration, or null`);
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) throw invalid(`at is ${shown(at)}, wanted a UTC time`);
  if (typeof camera !== 'object' || camera === null) throw invalid('camera is missing: wanted {width, height}');
  const size = camera as Readonly<Record<string, unknown>>;
  return {
    schema,
    pxPerMm,
    reference,
    at,
    camera: { width: wholePx(size['width'], 'width'), height: wholePx(size['height'], 'height') },
  };
}

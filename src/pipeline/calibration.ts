import { CupcheckError } from '../errors.js';

/** How the scale was measured. */
export interface MeasuredScale {
  /** `coin`: the rims of coins of known diameter. `target`: the dots of a printed sheet. */
  readonly by: 'coin' | 'target';
  /** Coins or dots. */
  readonly seen: number;
  /** How far they disagree: the largest distance from their scale, as a share of it. */
  readonly spread: number;
}

/** What the picture of the empty cup is. */
export interface EmptyCupPicture {
  readonly sha256: string;
  /** When it was taken, UTC ISO 8601. */
  readonly at: string;
  /** Mean luma, and the luma that 1 pixel in 50 exceeds: 0 to 255. */
  readonly luma: number;
  readonly highlight: number;
  /** Root mean square of its relief (see `background.ts`): the measure of its focus. */
  readonly relief: number;
}

/**
 * What a station measured once of its camera and cup place (`calibration.json`, schema 1).
 * `scale` and `empty` are missing in files that were written by hand.
 */
export interface Calibration {
  readonly schema: 1;
  /** Pixels a millimetre at the cup's bottom. */
  readonly pxPerMm: number;
  /** Picture of the empty cup, a file name beside the calibration; `null` = none. */
  readonly reference: string | null;
  /** When the scale was measured, UTC ISO 8601. */
  readonly at: string;
  readonly camera: { readonly width: number; readonly height: number };
  readonly scale: MeasuredScale | null;
  readonly empty: EmptyCupPicture | null;
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

const MAX_SEEN = 10_000;

function field<T>(
  record: Readonly<Record<string, unknown>>,
  name: string,
  is: (value: unknown) => value is T,
  wanted: string,
): T {
  const key = name.slice(name.lastIndexOf('.') + 1);
  const value = record[key];
  if (!is(value)) throw invalid(`${name} is ${shown(value)}, wanted ${wanted}`);
  return value;
}

const between =
  (min: number, max: number) =>
  (value: unknown): value is number =>
    typeof value === 'number' && value >= min && value <= max;
const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));

function record(value: unknown, name: string): Readonly<Record<string, unknown>> | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(`${name} is ${shown(value)}, wanted a JSON object`);
  return value as Readonly<Record<string, unknown>>;
}

function parseScale(value: unknown): MeasuredScale | null {
  const scale = record(value, 'scale');
  if (scale === null) return null;
  const isWay = (way: unknown): way is 'coin' | 'target' => way === 'coin' || way === 'target';
  return {
    by: field(scale, 'scale.by', isWay, 'coin or target'),
    seen: field(scale, 'scale.seen', between(1, MAX_SEEN), `1 to ${String(MAX_SEEN)}`),
    spread: field(scale, 'scale.spread', between(0, 1), '0 to 1'),
  };
}

function parseEmpty(value: unknown): EmptyCupPicture | null {
  const empty = record(value, 'empty');
  if (empty === null) return null;
  const isDigest = (digest: unknown): digest is string => typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest);
  const isLevel = between(0, 255);
  return {
    sha256: field(empty, 'empty.sha256', isDigest, 'a SHA-256 of 64 hexadecimal digits'),
    at: field(empty, 'empty.at', isTime, 'a UTC time'),
    luma: field(empty, 'empty.luma', isLevel, '0 to 255'),
    highlight: field(empty, 'empty.highlight', isLevel, '0 to 255'),
    relief: field(empty, 'empty.relief', between(0, 10), '0 to 10'),
  };
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
  const { schema, pxPerMm, reference, at, camera, scale, empty } = document as Readonly<Record<string, unknown>>;
  if (schema !== 1) throw invalid(`schema is ${shown(schema)}, wanted 1`);
  if (typeof pxPerMm !== 'number' || !(pxPerMm >= MIN_PX_PER_MM && pxPerMm <= MAX_PX_PER_MM))
    throw invalid(`pxPerMm is ${shown(pxPerMm)}, wanted ${String(MIN_PX_PER_MM)} to ${String(MAX_PX_PER_MM)}`);
  if (reference !== null && (typeof reference !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(reference)))
    throw invalid(`reference is ${shown(reference)}, wanted a file name beside the calibration, or null`);
  if (!isTime(at)) throw invalid(`at is ${shown(at)}, wanted a UTC time`);
  if (typeof camera !== 'object' || camera === null) throw invalid('camera is missing: wanted {width, height}');
  const picture = parseEmpty(empty);
  if (picture !== null && reference === null) throw invalid('empty describes a picture, but reference names none');
  const size = camera as Readonly<Record<string, unknown>>;
  return {
    schema,
    pxPerMm,
    reference,
    at,
    camera: { width: wholePx(size['width'], 'width'), height: wholePx(size['height'], 'height') },
    scale: parseScale(scale),
    empty: picture,
  };
}

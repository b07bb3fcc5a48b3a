import { Ajv2020 } from 'ajv/dist/2020.js';
import { CupcheckError } from '../../errors.js';
import type { Ellipse, Side } from '../judgement.js';

/** A design that no bundle knew when it was taught. */
export interface TaughtDesign {
  readonly id: string;
  readonly name: string;
  readonly diameterMm: number;
  readonly toleranceMm: number;
  readonly minPxPerMm: number;
}

/** Who did something to the gallery, and when (UTC ISO 8601). */
export interface Deed {
  readonly when: string;
  readonly who: string;
}

/** One picture of one item, taught as one side of a design. Never removed; `undone` takes it out of use. */
export interface Addition extends Deed {
  /** Counts up from 1 and never repeats. */
  readonly id: number;
  readonly design: string;
  /** `null` = nobody said which side it shows. */
  readonly side: Side | null;
  readonly picture: { readonly name: string; readonly sha256: string };
  /** The part of the picture that is kept, a file in `crops/`, and the item's outline in it. */
  readonly crop: { readonly file: string; readonly sha256: string; readonly outline: Ellipse };
  /** As measured; `null` where the picture had no scale. */
  readonly diameterMm: number | null;
  /** Length 1: the mean over four turns. Base64 of little-endian float32. */
  readonly vector: string;
  readonly undone: Deed | null;
}

/** What a station was taught on top of a bundle (`gallery.json`, schema 1). Additions are only ever appended. */
export interface TaughtGallery {
  readonly schema: 1;
  /** The items network whose vectors these are. */
  readonly networkSha256: string;
  readonly dim: number;
  readonly designs: readonly TaughtDesign[];
  readonly additions: readonly Addition[];
}

/** Pictures that a gallery may hold, undone ones too: their vectors are compared with every item of every cup. */
export const MAX_ADDITIONS = 2000;
export const MAX_TAUGHT_DESIGNS = 500;
/** Of a gallery with as many pictures as it may hold. */
export const MAX_GALLERY_BYTES = 16 * 2 ** 20;

export const designIdPattern = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$';

const record = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
  additionalProperties: false,
});
const text = { type: 'string', minLength: 1, maxLength: 200 } as const;
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const positive = { type: 'number', exclusiveMinimum: 0, maximum: 10_000 } as const;
const diameter = { type: 'number', minimum: 1, maximum: 500 } as const;
const deed = { when: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]{8,12}Z$' }, who: text } as const;
const px = { type: 'number', minimum: -1000, maximum: 10_000 } as const;

const schema = record({
  schema: { const: 1 },
  networkSha256: digest,
  dim: { type: 'integer', minimum: 1, maximum: 4096 },
  designs: {
    type: 'array',
    maxItems: MAX_TAUGHT_DESIGNS,
    items: record({
      id: { type: 'string', pattern: designIdPattern },
      name: text,
      diameterMm: diameter,
      toleranceMm: positive,
      minPxPerMm: { type: 'number', minimum: 0, maximum: 1000 },
    }),
  },
  additions: {
    type: 'array',
    maxItems: MAX_ADDITIONS,
    items: record({
      id: { type: 'integer', minimum: 1 },
      design: text,
      side: { enum: ['obverse', 'reverse', null] },
      ...deed,
      picture: record({ name: text, sha256: digest }),
      crop: record({
        file: { type: 'string', pattern: '^[0-9a-f]{64}\\.png$' },
        sha256: digest,
        outline: record({ cx: px, cy: px, major: positive, minor: positive, angleRad: { type: 'number' } }),
      }),
      diameterMm: { anyOf: [positive, { type: 'null' }] },
      vector: { type: 'string', maxLength: 30_000, pattern: '^[A-Za-z0-9+/]+={0,2}$' },
      undone: { anyOf: [record(deed), { type: 'null' }] },
    }),
  },
});

const validate = new Ajv2020({ allErrors: false, allowUnionTypes: true }).compile<TaughtGallery>(schema);

const invalid = (what: string) => new CupcheckError('GALLERY_INVALID', `gallery: ${what}`);

export const emptyGallery = (networkSha256: string, dim: number): TaughtGallery => ({
  schema: 1,
  networkSha256,
  dim,
  designs: [],
  additions: [],
});

/** @throws GALLERY_INVALID naming the place and what is wrong there */
export function parseGallery(bytes: Uint8Array): TaughtGallery {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CupcheckError('GALLERY_INVALID', `gallery: not JSON: ${String(cause)}`, { cause });
  }
  if (!validate(document)) {
    const [error] = validate.errors ?? [];
    throw invalid(`${error?.instancePath || '/'} ${error?.message ?? 'is not valid'}`);
  }
  const ids = new Set(document.designs.map(({ id }) => id));
  if (ids.size !== document.designs.length) throw invalid('/designs repeats an id');
  let last = 0;
  for (const [index, { id, vector }] of document.additions.entries()) {
    if (id <= last) throw invalid(`/additions/${String(index)}/id is ${String(id)}, wanted more than ${String(last)}`);
    last = id;
    decodeVector(vector, document.dim);
  }
  return document;
}

export const serialiseGallery = (gallery: TaughtGallery): string => `${JSON.stringify(gallery, null, 1)}\n`;

export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString('base64');
}

/** @throws GALLERY_INVALID where it is not `dim` numbers of length 1 */
export function decodeVector(text64: string, dim: number): Float32Array {
  const bytes = Buffer.from(text64, 'base64');
  if (bytes.length !== dim * 4) throw invalid(`a vector has ${String(bytes.length)} bytes, wanted ${String(dim * 4)}`);
  const vector = Float32Array.from({ length: dim }, (_, index) => bytes.readFloatLE(index * 4));
  const length = Math.hypot(...vector);
  if (!(Math.abs(length - 1) < 1e-3)) throw invalid(`a vector has the length ${String(length)}, wanted 1`);
  return vector;
}

/** The additions in use. */
export const activeAdditions = ({ additions }: TaughtGallery): Addition[] =>
  additions.filter(({ undone }) => undone === null);

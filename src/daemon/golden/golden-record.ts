import { Ajv, type JSONSchemaType } from 'ajv';
import { CupcheckError } from '../../errors.js';
import { type Reason, reasons } from '../../pipeline/judgement.js';
import { designIdPattern } from '../../pipeline/taught/taught-gallery.js';

/** Golden pictures that a station keeps: each is judged in every self-test. */
export const maxGolden = 200;
export const maxPictureBytes = 16_777_216;
export const maxRecordBytes = 262_144;
/** Items that a record holds. */
export const maxItems = 200;

/** A file that is known by its content. */
export interface KeptBytes {
  readonly sha256: string;
  readonly bytes: number;
}

/** What a cup is held against: an order, or in the mode `identify` the design that its items are. */
export interface Asked {
  readonly mode: 'confirm' | 'identify';
  /** `null` only in the mode `identify`: whichever it may be, it is not green. */
  readonly design: string | null;
  /** Items; `null` only in the mode `identify`: not checked. */
  readonly count: number | null;
}

/** What the picture needs to be judged as on its day. */
export interface GoldenScene {
  /** `null` = the station was not calibrated. */
  readonly pxPerMm: number | null;
  /** The picture of the empty cup; `null` = there was none. */
  readonly empty: KeptBytes | null;
  /** Where a code may stand beside the cup: x, y, width, height in picture pixels. */
  readonly codeZone: readonly [number, number, number, number] | null;
}

/** One item as it was judged; the box is x, y, width, height in picture pixels. */
export interface GoldenItem {
  readonly box: readonly [number, number, number, number];
  readonly design: string | null;
  readonly score: number | null;
}

/** What the journal says of the cup. */
export interface Recorded {
  readonly asked: Asked;
  readonly verdict: 'green' | 'amber';
  readonly reasons: readonly Reason[];
  readonly score: number | null;
  readonly items: readonly GoldenItem[];
  /** `null` = it was not judged at all. */
  readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string } | null;
  readonly gallery: string | null;
  readonly calibration: string | null;
  readonly provider: string | null;
}

/** A journalled cup of which a person knows the truth (schema 1). */
export interface GoldenRecord {
  readonly schema: 1;
  /** The cup's id: the record's and the picture's name. */
  readonly cup: string;
  readonly seq: number;
  readonly station: string;
  /** When it was judged, UTC ISO 8601. */
  readonly at: string;
  /** `ok`: it holds what `expected` says, so a green is right. `wrong`: it must never be green. */
  readonly truth: 'ok' | 'wrong';
  readonly expected: Asked;
  readonly by: string;
  readonly added: string;
  readonly note: string | null;
  readonly picture: KeptBytes;
  readonly scene: GoldenScene;
  readonly recorded: Recorded;
}

export const cupPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const orNull = (schema: object) => ({ anyOf: [{ type: 'null' }, schema] });
const word = { type: 'string', minLength: 1, maxLength: 200 };
const design = { type: 'string', pattern: designIdPattern };
const moment = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' };
const finite = { type: 'number', minimum: -1e6, maximum: 1e6 };
const record = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const four = (items: object) => ({ type: 'array', items, minItems: 4, maxItems: 4 });
const asked = record({
  mode: { type: 'string', enum: ['confirm', 'identify'] },
  design: orNull(design),
  count: orNull({ type: 'integer', minimum: 1, maximum: 1000 }),
});
const bytesUpTo = (maximum: number) => record({ sha256, bytes: { type: 'integer', minimum: 1, maximum } });
const schema = record({
  schema: { type: 'integer', const: 1 },
  cup: { type: 'string', pattern: cupPattern },
  seq: { type: 'integer', minimum: 1 },
  station: word,
  at: moment,
  truth: { type: 'string', enum: ['ok', 'wrong'] },
  expected: asked,
  by: word,
  added: moment,
  note: orNull({ ...word, maxLength: 1000 }),
  picture: bytesUpTo(maxPictureBytes),
  scene: record({
    pxPerMm: orNull({ type: 'number', minimum: 0.5, maximum: 200 }),
    empty: orNull(bytesUpTo(maxPictureBytes)),
    codeZone: orNull(four({ type: 'integer', minimum: 0, maximum: 9999 })),
  }),
  recorded: record({
    asked,
    verdict: { type: 'string', enum: ['green', 'amber'] },
    reasons: { type: 'array', maxItems: 1000, items: { type: 'string', enum: [...reasons] } },
    score: orNull(finite),
    items: {
      type: 'array',
      maxItems,
      items: record({ box: four(finite), design: orNull(word), score: orNull(finite) }),
    },
    bundle: orNull(record({ name: word, version: word, sha256 })),
    gallery: orNull(sha256),
    calibration: orNull(sha256),
    provider: orNull(word),
  }),
});
const isRecord = new Ajv({ strict: true, allowUnionTypes: true, strictTuples: false }).compile(
  schema as unknown as JSONSchemaType<GoldenRecord>,
);

/** @param path for messages @throws GOLDEN_INVALID where the bytes are no such record, or contradict themselves */
export function parseGolden(bytes: Uint8Array, path: string): GoldenRecord {
  const damaged = (what: string) => new CupcheckError('GOLDEN_INVALID', `${path}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw damaged(`it is not JSON: ${(cause as Error).message}`);
  }
  if (!isRecord(value)) {
    const [problem] = isRecord.errors ?? [];
    throw damaged(`${problem?.instancePath || 'the document'} ${problem?.message ?? 'is not as the schema says'}`);
  }
  const { mode, design: wanted, count } = value.expected;
  if (mode === 'confirm' && (wanted === null || count === null))
    throw damaged('/expected has no design or no count, which the mode confirm needs');
  if (value.truth === 'ok' && wanted === null) throw damaged('/expected/design is null, of a cup that is right');
  return value;
}

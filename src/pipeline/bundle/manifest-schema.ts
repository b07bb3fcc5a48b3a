import { headNames } from '../ports.js';
import { copyFields } from './precision.js';

const text = { type: 'string', minLength: 1, maxLength: 200 } as const;
const positive = { type: 'number', exclusiveMinimum: 0 } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const similarity = { type: 'number', minimum: -1, maximum: 1 } as const;
const count = { type: 'integer', minimum: 0 } as const;
const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
/** A plain name: no folder, no parent, nothing hidden. */
const fileName = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$' } as const;
const id = { type: 'string', pattern: '^[^\\s\\x00-\\x1f][^\\x00-\\x1f]{0,99}$' } as const;
const shape = {
  type: 'array',
  minItems: 1,
  maxItems: 5,
  items: { anyOf: [{ type: 'integer', minimum: 1, maximum: 100_000 }, { const: 'N' }] },
} as const;

const record = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
  additionalProperties: false,
});
const table = (names: object, value: object) => ({
  type: 'object',
  propertyNames: names,
  additionalProperties: value,
  maxProperties: 1000,
});
const list = (items: object, minItems: number, maxItems: number) => ({ type: 'array', items, minItems, maxItems });

const network = (
  outputs: readonly string[],
  extra: Readonly<Record<string, object>>,
  optionalOutputs: readonly string[] = [],
  optional: readonly string[] = [],
) =>
  record(
    {
      file: fileName,
      input: record({
        name: text,
        shape,
        type: { const: 'float32' },
        color: { const: 'rgb' },
        mean: { type: 'number' },
        std: positive,
      }),
      outputs: record(
        Object.fromEntries([...outputs, ...optionalOutputs].map((name) => [name, shape])),
        optionalOutputs,
      ),
      batches: list({ type: 'integer', minimum: 1, maximum: 64 }, 1, 8),
      ...extra,
    },
    optional,
  );

const kind = record({ coins: count, falseGreens: count, bound: share });
const evidence = record(
  {
    pool: text,
    scope: { enum: ['design', 'family', 'pooled'] },
    distinctCoins: count,
    distinctDesigns: count,
    falseGreens: count,
    bound: share,
    confidence: share,
    delta: text,
    anyMix: share,
    newDesigns: record({ impostor: kind, expected: kind }),
    kinds: table(id, kind),
  },
  ['scope', 'anyMix', 'newDesigns'],
);

const head = record({
  file: fileName,
  input: record({ name: text, shape }),
  outputs: table(text, shape),
});
const vectors = list(record({ class: count, coin: text }), 1, 200_000);
const dim = { type: 'integer', minimum: 1, maximum: 4096 } as const;
const lookAlikes = list(
  record({ classes: list(count, 2, 2), margin: { type: 'number', minimum: 0, maximum: 2 } }),
  0,
  100_000,
);
const px = { type: 'integer', minimum: 16, maximum: 1024 } as const;
const judges = record(
  {
    softmax: record({ scale: positive }),
    cgd: record({ gallery: record({ file: fileName, dim }), unknownSimilarity: similarity, lookAlikes }, [
      'lookAlikes',
    ]),
    combined: record({ floors: list(similarity, 1, 10_000), lookAlikes }),
    specialist: record({
      groups: list(list(count, 2, 1000), 0, 1000),
      gallery: record({ file: fileName, dim, vectors }),
      px,
    }),
    scene: record({ height: px, width: px }),
    boosted: record({ features: list(text, 1, 100) }),
  },
  ['softmax', 'cgd', 'combined', 'specialist', 'scene', 'boosted'],
);
const thresholds = table(
  text,
  record(
    {
      score: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      evidence: { anyOf: [evidence, { type: 'null' }] },
      wider: text,
    },
    ['wider'],
  ),
);

/** JSON Schema of a bundle's `manifest.json`, schema 1. What it cannot say (cross references) is checked in `manifest.ts`. */
export const manifestSchema = record(
  {
    schema: { const: 1 },
    name: fileName,
    version: { type: 'string', pattern: '^\\d{1,5}\\.\\d{1,5}\\.\\d{1,5}$' },
    minDaemon: { type: 'string', pattern: '^\\d{1,5}\\.\\d{1,5}\\.\\d{1,5}$' },
    created: text,
    files: table(fileName, record({ sha256: digest, bytes: count })),
    networks: record({
      detector: network(['heat', 'size', 'offset', 'mask'], {
        stride: { type: 'integer', minimum: 1, maximum: 64 },
        peakThreshold: share,
      }),
      items: network(
        ['embedding', 'scores', 'side'],
        {
          cropScale: { type: 'number', minimum: 1, maximum: 2 },
          fill: { type: 'number', minimum: 0, maximum: 255 },
          ...Object.fromEntries(copyFields.map((field) => [field, fileName])),
        },
        ['features'],
        copyFields,
      ),
    }),
    heads: record(Object.fromEntries(headNames.map((name) => [name, head])), headNames),
    judges,
    judgeThresholds: table(text, thresholds),
    classes: list(
      record(
        {
          id,
          side: { enum: ['obverse', 'reverse', null] },
          designs: list(id, 1, 500),
          unknownSimilarity: similarity,
        },
        ['unknownSimilarity'],
      ),
      1,
      10_000,
    ),
    designs: list(
      record(
        {
          id,
          name: text,
          diameterMm: { type: 'number', minimum: 1, maximum: 500 },
          toleranceMm: positive,
          minPxPerMm: { type: 'number', minimum: 0 },
          family: { anyOf: [text, { type: 'null' }] },
          threshold: { anyOf: [text, { type: 'null' }] },
          origin: text,
          unread: list(text, 1, 20),
        },
        ['unread'],
      ),
      1,
      10_000,
    ),
    gallery: record({
      file: fileName,
      dim,
      networkSha256: digest,
      vectors,
    }),
    judge: record(
      {
        name: text,
        neighbours: { type: 'integer', minimum: 1, maximum: 100 },
        unknownSimilarity: similarity,
        turns: { enum: [1, 2, 4] },
        lookAlikes,
      },
      ['turns', 'lookAlikes'],
    ),
    thresholds,
    quality: record({
      maxRimWidthMm: positive,
      minLuma: { type: 'number', minimum: 0, maximum: 255 },
      maxClippedShare: share,
      maxMotion: positive,
    }),
    provenance: { type: 'object' },
  },
  ['heads', 'judges', 'judgeThresholds'],
);

import { Ajv, type JSONSchemaType } from 'ajv';
import { CupcheckError } from '../../errors.js';
import { precisions } from '../../pipeline/bundle/precision.js';
import { cupPattern } from '../golden/golden-record.js';
import { providerNames } from '../infer/settings.js';
import type { EngineIdentity } from './engine-identity.js';

/** A prepared network of an engine. */
export interface EngineFile {
  readonly network: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface DifferentPicture {
  readonly cup: string;
  /** `null` where its record cannot be read. */
  readonly seq: number | null;
  readonly why: string;
}

/** How the golden pictures were judged on the CPU with 32 bits and by the engine. */
export interface EngineProof {
  /** SHA-256 of the bundle's manifest. */
  readonly bundle: string;
  readonly name: string;
  readonly version: string;
  /** Name of the judge. */
  readonly judge: string;
  /** UTC ISO 8601. */
  readonly at: string;
  /** `same`: the engine may serve. `no_pictures`: nothing was compared, and it may not. */
  readonly outcome: 'same' | 'different' | 'no_pictures';
  readonly pictures: number;
  /** SHA-256 over which pictures these were. */
  readonly golden: string;
  /** The largest difference of a score; `null` = none was compared. */
  readonly difference: number | null;
  readonly allowed: number;
  /** Mean time of a picture, on the CPU and by the engine. */
  readonly cpuMs: number;
  readonly engineMs: number;
  /** The first ones; `differences` counts them all. */
  readonly different: readonly DifferentPicture[];
  readonly differences: number;
}

/** What `engine.json` says beside the prepared networks. */
export interface EngineRecord {
  readonly schema: 1;
  readonly identity: EngineIdentity;
  /** When it was built, UTC ISO 8601. */
  readonly built: string;
  readonly ms: number;
  /** Whether its way of building was ever run by us on the hardware that it is for. */
  readonly tried: boolean;
  readonly files: readonly EngineFile[];
  /** One a bundle and judge, the newest last. */
  readonly proofs: readonly EngineProof[];
}

export const maxRecordBytes = 262_144;
export const maxEngineBytes = 1_073_741_824;
export const mostProofs = 8;
export const mostDifferent = 10;
export const longestWhy = 300;

const word = { type: 'string', minLength: 1, maxLength: 300 };
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const moment = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' };
const count = { type: 'integer', minimum: 0, maximum: 1000 };
const milliseconds = { type: 'number', minimum: 0 };
const orNull = (schema: object) => ({ anyOf: [{ type: 'null' }, schema] });
const list = (maxItems: number, items: object) => ({ type: 'array', maxItems, items });
const record = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const networkName = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,40}$' };
const schema = record({
  schema: { type: 'integer', const: 1 },
  identity: record({
    networks: { type: 'object', maxProperties: 20, propertyNames: networkName, additionalProperties: sha256 },
    provider: { type: 'string', enum: providerNames },
    runtime: word,
    device: word,
    precision: { type: 'string', enum: precisions },
  }),
  built: moment,
  ms: milliseconds,
  tried: { type: 'boolean' },
  files: list(
    20,
    record({
      network: networkName,
      name: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,40}\\.onnx$' },
      bytes: { type: 'integer', minimum: 1, maximum: maxEngineBytes },
      sha256,
    }),
  ),
  proofs: list(
    mostProofs,
    record({
      bundle: sha256,
      name: word,
      version: word,
      judge: word,
      at: moment,
      outcome: { type: 'string', enum: ['same', 'different', 'no_pictures'] },
      pictures: count,
      golden: sha256,
      difference: orNull({ type: 'number', minimum: 0, maximum: 1e6 }),
      allowed: { type: 'number', minimum: 0, maximum: 2 },
      cpuMs: milliseconds,
      engineMs: milliseconds,
      different: list(
        mostDifferent,
        record({
          cup: { type: 'string', pattern: cupPattern },
          seq: orNull({ type: 'integer', minimum: 1 }),
          why: { type: 'string', maxLength: longestWhy },
        }),
      ),
      differences: count,
    }),
  ),
});
const isRecord = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  schema as unknown as JSONSchemaType<EngineRecord>,
);

/** Errors: ENGINE_INVALID. */
export function parseEngine(bytes: Uint8Array, path: string): EngineRecord {
  let value: unknown = null;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new CupcheckError('ENGINE_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (isRecord(value)) return value;
  const [problem] = isRecord.errors ?? [];
  throw new CupcheckError('ENGINE_INVALID', `${path}: ${problem?.instancePath ?? ''} ${problem?.message ?? ''}`);
}

/** What speaks for an engine with this bundle and judge, or against it; `null` = they were never compared. */
export const proofOf = ({ proofs }: EngineRecord, bundle: string, judge: string): EngineProof | null =>
  proofs.find((proof) => proof.bundle === bundle && proof.judge === judge) ?? null;

/** The record with a new proof in the place of an older one of the same bundle and judge. */
export const withProof = (engine: EngineRecord, proof: EngineProof): EngineRecord => ({
  ...engine,
  proofs: [
    ...engine.proofs.filter(({ bundle, judge }) => bundle !== proof.bundle || judge !== proof.judge),
    proof,
  ].slice(-mostProofs),
});

import { Ajv, type JSONSchemaType } from 'ajv';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import type { Config } from '../config/schema.js';
import { replaceFile, stationReads } from '../durable-file.js';
import type { Galleries } from '../gallery/galleries.js';
import { servedBefore } from '../gallery/served-before.js';
import { type BundleState, noState, ofConfig } from './bundle-state.js';

export type StateConfig = Pick<Config, 'state' | 'gallery'>;

const maxBytes = 2 ** 18;
const sha256 = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const orNull = (schema: object) => ({ anyOf: [{ type: 'null' }, schema] });
const word = { type: 'string', minLength: 1, maxLength: 200 };
const moment = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' };
const record = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const named = { bundle: sha256, name: word, version: word };
const mostNetworks = 100;
const galleries = {
  type: 'object',
  maxProperties: mostNetworks,
  required: [],
  propertyNames: { pattern: sha256.pattern },
  additionalProperties: record({ gallery: sha256, when: word, who: word }),
};
const together = { galleries, engine: orNull(sha256) };
const judging = { anyOf: [record({ bundle: { type: 'null' }, ...together }), record({ ...named, ...together })] };
const schema = record({
  schema: { type: 'integer', const: 2 },
  active: judging,
  previous: orNull(judging),
  trial: orNull(record({ since: moment, until: moment, before: orNull(judging) })),
  candidate: orNull(record({ ...named, step: { type: 'string', enum: ['staged', 'proving'] }, since: moment })),
  calibration: orNull(sha256),
  outcomes: {
    type: 'array',
    maxItems: 100,
    items: record({
      ...named,
      outcome: { type: 'string', enum: ['committed', 'rejected', 'rolled_back'] },
      why: orNull({ type: 'string', maxLength: 2000 }),
      at: moment,
    }),
  },
});
const isState = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  schema as unknown as JSONSchemaType<BundleState>,
);

/** The document that says which bundle judges; in the folder of the station's state. */
export const bundleStateFile = (stateFolder: string): string => join(stateFolder, 'bundle-state.json');

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A document of schema 1 as one of schema 2, unchecked: its bundles named no gallery, each followed what served for its network. */
function ofSchema1(value: Fields, served: Galleries): Fields {
  const judging = (before: unknown) => {
    if (before === 'config') return ofConfig(served);
    if (!isRecord(before)) return before;
    const { bundle, name, version, engine } = before;
    return { bundle, name, version, engine, galleries: served };
  };
  const { trial: before } = value;
  const trial = isRecord(before) ? { ...before, before: judging(before['before']) } : before;
  const sets = { active: judging(value['active']), previous: judging(value['previous']) };
  return { ...value, ...sets, trial, schema: 2, calibration: null };
}

const damaged = (path: string, what: string) => new CupcheckError('BUNDLE_STATE', `${path}: ${what}`);

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw damaged(path, `it is not JSON: ${(cause as Error).message}`);
  }
}

/** Errors: BUNDLE_STATE where it is no such document, or contradicts itself. */
function checked(value: unknown, path: string): BundleState {
  if (!isState(value)) {
    const [problem] = isState.errors ?? [];
    throw damaged(
      path,
      `${problem?.instancePath || 'the document'} ${problem?.message ?? 'is not as the schema says'}`,
    );
  }
  const { active, previous, trial, candidate } = value;
  if (trial !== null && (active.bundle === null || previous === null))
    throw damaged(path, 'a trial needs a bundle before it');
  if (trial !== null && candidate !== null)
    throw damaged(path, 'a bundle is on trial while another one is a candidate');
  return value;
}

/**
 * What judges at the station. No document: the bundle of the config judges, and always did, with what was taught and served.
 * @throws BUNDLE_STATE where there is one that cannot be read: what judges is never guessed; GALLERY_INVALID where it is of before, and
 * what served then cannot be read
 */
export async function readBundleState({ state, gallery }: StateConfig): Promise<BundleState> {
  const path = bundleStateFile(state.path);
  const bytes = await readBounded(path, maxBytes, 'BUNDLE_STATE', 'BUNDLE_STATE').catch((error: unknown) => {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT') return null;
    throw error;
  });
  if (bytes === null) return { ...noState, active: ofConfig(await servedBefore(gallery.path)) };
  const value = parse(bytes, path);
  const isOld = isRecord(value) && value['schema'] === 1;
  return checked(isOld ? ofSchema1(value, await servedBefore(gallery.path)) : value, path);
}

/**
 * The commit point: after a power cut at any moment the old or the new document is there, whole.
 * @throws STORAGE_FAULT; BUNDLE_STATE, before anything is written, for a document that could not be read again
 */
export async function keepBundleState(folder: string, state: BundleState): Promise<void> {
  const path = bundleStateFile(folder);
  const text = `${JSON.stringify(state, null, 2)}\n`;
  checked(JSON.parse(text), path);
  // Root writes it where the station does not run; the station, another user, must read it.
  await replaceFile(path, text, stationReads);
}

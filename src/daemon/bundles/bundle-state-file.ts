import { Ajv, type JSONSchemaType } from 'ajv';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { replaceFile, stationReads } from '../durable-file.js';
import { type BundleState, noState } from './bundle-state.js';

const maxBytes = 65_536;
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
const judging = {
  anyOf: [
    { type: 'string', const: 'config' },
    record({ ...named, gallery: orNull(sha256), calibration: orNull(sha256), engine: orNull(sha256) }),
  ],
};
const schema = record({
  schema: { type: 'integer', const: 1 },
  active: judging,
  previous: orNull(judging),
  trial: orNull(record({ since: moment, until: moment, before: orNull(judging) })),
  candidate: orNull(record({ ...named, step: { type: 'string', enum: ['staged', 'proving'] }, since: moment })),
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

/** @throws BUNDLE_STATE where the bytes are no such document, or contradict themselves */
export function parseBundleState(bytes: Uint8Array, path: string): BundleState {
  const damaged = (what: string) => new CupcheckError('BUNDLE_STATE', `${path}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw damaged(`it is not JSON: ${(cause as Error).message}`);
  }
  if (!isState(value)) {
    const [problem] = isState.errors ?? [];
    throw damaged(`${problem?.instancePath || 'the document'} ${problem?.message ?? 'is not as the schema says'}`);
  }
  const { active, previous, trial, candidate } = value;
  if (trial !== null && (active === 'config' || previous === null)) throw damaged('a trial needs a bundle before it');
  if (trial !== null && candidate !== null) throw damaged('a bundle is on trial while another one is a candidate');
  return value;
}

/**
 * What judges at the station whose state lies in `folder`. No document: the bundle of the config judges, and always did.
 * @throws BUNDLE_STATE where there is one that cannot be read: what judges is never guessed
 */
export async function readBundleState(folder: string): Promise<BundleState> {
  const path = bundleStateFile(folder);
  try {
    return parseBundleState(await readBounded(path, maxBytes, 'BUNDLE_STATE', 'BUNDLE_STATE'), path);
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOENT') return noState;
    throw error;
  }
}

/**
 * The commit point: after a power cut at any moment the old or the new document is there, whole.
 * @throws STORAGE_FAULT; BUNDLE_STATE, before anything is written, for a document that could not be read again
 */
export async function keepBundleState(folder: string, state: BundleState): Promise<void> {
  const path = bundleStateFile(folder);
  const text = `${JSON.stringify(state, null, 2)}\n`;
  parseBundleState(Buffer.from(text), path);
  // Root writes it where the station does not run; the station, another user, must read it.
  await replaceFile(path, text, stationReads);
}

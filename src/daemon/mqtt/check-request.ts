import { readFileSync } from 'node:fs';
import { type ErrorObject, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { CupcheckError } from '../../errors.js';
import { requestMaxBytes } from './client-options.js';
import { isVerb, type Verb, verbs } from './topics.js';

/** A request as it came in. */
export interface RawRequest {
  readonly verb: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

/** A request that may be handled. */
export interface CheckedRequest {
  readonly verb: Verb;
  readonly tag: string;
  /** The request's fields but `tag`. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a refusal needs to be answered: the error, and the tag as far as it could be read. */
export interface RefusedRequest {
  readonly tag: string | null;
  readonly error: CupcheckError;
}

/** Requests longer than this are not looked at for a tag. */
const valueShownChars = 60;

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: false, verbose: true });
ajvFormats.default(ajv);
// Below dist/ and below src/ the folder lies equally deep.
const schemaFolder = new URL('../../../schemas/', import.meta.url);
const checks = new Map<Verb, ValidateFunction>(
  verbs.map((verb) => {
    const text = readFileSync(new URL(`request-${verb}.schema.json`, schemaFolder), 'utf8');
    return [verb, ajv.compile(JSON.parse(text) as object)];
  }),
);

/** The first thing wrong, with the field that it is about and what was given. */
function describe(error: ErrorObject): string {
  const field = error.instancePath.slice(1).replaceAll('/', '.');
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'required') return `the field "${String(params.missingProperty)}" is missing`;
  if (error.keyword === 'additionalProperties') return `the field "${String(params.additionalProperty)}" is not known`;
  const given = (JSON.stringify(error.data) ?? 'nothing').slice(0, valueShownChars);
  const allowed = error.keyword === 'enum' ? `must be one of ${JSON.stringify(params.allowedValues)}` : error.message;
  return `${field === '' ? 'the request' : `the field "${field}"`} ${allowed ?? 'is wrong'}; given: ${given}`;
}

function parseObject(payload: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CupcheckError('REQUEST_INVALID', `the request is not JSON: ${why.slice(0, 2 * valueShownChars)}`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CupcheckError('REQUEST_INVALID', 'the request is JSON, but not an object');
  }
  return value as Readonly<Record<string, unknown>>;
}

const readableTag = (value: unknown): string | null =>
  typeof value === 'string' && value.length <= 64 && value.length > 0 ? value : null;

/** Pure: what a message on a request topic means, or why it is refused. Looks at the size before anything else. */
export function checkRequest(raw: RawRequest): CheckedRequest | RefusedRequest {
  let tag: string | null = null;
  try {
    if (raw.payload.byteLength > requestMaxBytes) {
      throw new CupcheckError(
        'REQUEST_TOO_LARGE',
        `the request has ${raw.payload.byteLength} bytes of at most ${requestMaxBytes}`,
      );
    }
    if (raw.retained) throw new CupcheckError('REQUEST_RETAINED', 'a retained request may be old, so it is not done');
    if (!isVerb(raw.verb)) {
      throw new CupcheckError('REQUEST_UNKNOWN', `"${raw.verb}" is not one of ${verbs.join(', ')}`);
    }
    const fields = parseObject(raw.payload);
    tag = readableTag(fields.tag);
    const check = checks.get(raw.verb);
    if (check === undefined) throw new CupcheckError('INTERNAL', `no schema for ${raw.verb}`);
    if (!check(fields)) {
      const first = check.errors?.[0];
      throw new CupcheckError('REQUEST_INVALID', first === undefined ? 'not as its schema says' : describe(first));
    }
    const { tag: given, ...params } = fields;
    return { verb: raw.verb, tag: given as string, params };
  } catch (error) {
    if (error instanceof CupcheckError) return { tag, error };
    throw error;
  }
}

import { Ajv, type JSONSchemaType } from 'ajv';
import { CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { replaceFile, stationReads } from '../durable-file.js';
import type { JudgeInfo } from '../ports.js';
import { type PartFinding, partNames } from '../station-check/part-finding.js';
import { failuresOf, type GoldenVerdict } from './compare-golden.js';
import { cupPattern } from './golden-record.js';

/** A picture that failed. */
export interface FailedGolden {
  readonly cup: string;
  /** `null` where its record cannot be read. */
  readonly seq: number | null;
  readonly why: string;
}

/** What judged. */
export interface JudgedBy {
  readonly name: string;
  readonly version: string;
  readonly bundle: string;
  readonly gallery: string;
  readonly provider: string;
}

/** How a self-test ended (schema 1). */
export interface SelfTestReport {
  readonly schema: 1;
  /** When it ended, UTC ISO 8601. */
  readonly at: string;
  readonly outcome: 'passed' | 'failed' | 'no_pictures';
  readonly pictures: number;
  /** The first ones; `failures` counts them all. */
  readonly failed: readonly FailedGolden[];
  readonly failures: number;
  /** The largest difference of a score from its record; `null` = none was compared. */
  readonly difference: number | null;
  readonly by: JudgedBy;
  /** What was found of the station’s parts. One that failed makes cups amber as a picture does, and says nothing of the bundle. */
  readonly parts: readonly PartFinding[];
  readonly ms: number;
}

const mostFailed = 20;
const longestWhy = 300;
const longestDetail = 1000;
const maxBytes = 65_536;

const word = { type: 'string', minLength: 1, maxLength: 200 };
const sha256 = { type: 'string', minLength: 1, maxLength: 64 };
const count = { type: 'integer', minimum: 0, maximum: 1000 };
const orNull = (schema: object) => ({ anyOf: [{ type: 'null' }, schema] });
const record = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});
const schema = record({
  schema: { type: 'integer', const: 1 },
  at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' },
  outcome: { type: 'string', enum: ['passed', 'failed', 'no_pictures'] },
  pictures: count,
  failed: {
    type: 'array',
    maxItems: mostFailed,
    items: record({
      cup: { type: 'string', pattern: cupPattern },
      seq: orNull({ type: 'integer', minimum: 1 }),
      why: { type: 'string', maxLength: longestWhy },
    }),
  },
  failures: count,
  difference: orNull({ type: 'number', minimum: 0, maximum: 1e6 }),
  parts: {
    type: 'array',
    maxItems: 20,
    items: record({
      part: { type: 'string', enum: [...partNames] },
      state: { type: 'string', enum: ['ok', 'warn', 'failed', 'absent', 'not_looked'] },
      detail: { type: 'string', maxLength: longestDetail },
      help: orNull({ type: 'string', maxLength: longestDetail }),
    }),
  },
  by: record({ name: word, version: word, bundle: sha256, gallery: sha256, provider: word }),
  ms: { type: 'integer', minimum: 0 },
});
const isReport = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  schema as unknown as JSONSchemaType<SelfTestReport>,
);

export const judgedBy = ({ bundle, gallerySha256, provider }: JudgeInfo): JudgedBy => ({
  name: bundle.name,
  version: bundle.version,
  bundle: bundle.sha256,
  gallery: gallerySha256,
  provider,
});

/** The same model on the same provider. */
export const isSame = (a: JudgedBy, b: JudgedBy): boolean =>
  a.bundle === b.bundle && a.gallery === b.gallery && a.provider === b.provider;

/** Parts that make cups amber. */
export const failedParts = ({ parts }: Pick<SelfTestReport, 'parts'>): readonly PartFinding[] =>
  parts.filter(({ state }) => state === 'failed');

/** @param maxAmbers see `failuresOf` */
export function reportOf(
  verdicts: readonly GoldenVerdict[],
  {
    at,
    by,
    ms,
    parts,
    maxAmbers,
  }: {
    readonly at: Date;
    readonly by: JudgedBy;
    readonly ms: number;
    readonly parts: readonly PartFinding[];
    readonly maxAmbers: number;
  },
): SelfTestReport {
  const failures = failuresOf(verdicts, maxAmbers);
  const differences = verdicts.flatMap(({ difference }) => difference ?? []);
  return {
    schema: 1,
    at: at.toISOString(),
    outcome: verdicts.length === 0 ? 'no_pictures' : failures.length === 0 ? 'passed' : 'failed',
    pictures: verdicts.length,
    failed: failures
      .slice(0, mostFailed)
      .map(({ cup, seq, why, outcome }) => ({ cup, seq, why: (why ?? outcome).slice(0, longestWhy) })),
    failures: failures.length,
    difference: differences.length === 0 ? null : Math.max(...differences),
    by,
    parts: parts.map((part) => ({
      ...part,
      detail: part.detail.slice(0, longestDetail),
      help: part.help?.slice(0, longestDetail) ?? null,
    })),
    ms: Math.round(ms),
  };
}

/** The last one, as it was kept; `null` where there was none. Errors: STORAGE_FAULT where it cannot be read. */
export async function readReport(path: string): Promise<SelfTestReport | null> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(path, maxBytes, 'STORAGE_FAULT', 'STORAGE_FAULT');
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
    throw error;
  }
  let value: unknown = null;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new CupcheckError('STORAGE_FAULT', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  // Before the station looked at its parts it kept none.
  if (typeof value === 'object' && value !== null && !('parts' in value)) value = { ...value, parts: [] };
  if (isReport(value)) return value;
  const [problem] = isReport.errors ?? [];
  throw new CupcheckError('STORAGE_FAULT', `${path}: ${problem?.instancePath ?? ''} ${problem?.message ?? ''}`);
}

/** Errors: STORAGE_FAULT. */
export const keepReport = (path: string, report: SelfTestReport): Promise<void> =>
  replaceFile(path, `${JSON.stringify(report, null, 2)}\n`, stationReads);

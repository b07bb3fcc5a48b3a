import { Ajv, type SchemaObject } from 'ajv';
import { CupcheckError } from '../../errors.js';

/** One call of a verb: it ends when the caller goes away. */
export interface Call {
  readonly signal: AbortSignal;
  /** Sends an event ahead of the answer. A caller that does not read loses its connection. */
  readonly emit: (event: object) => void;
}

export interface ControlVerb {
  /** Errors: REQUEST_INVALID that names the field, and the verb's own. */
  run(params: unknown, call: Call): Promise<unknown>;
}

export type VerbTable = Readonly<Record<string, ControlVerb>>;

const ajv = new Ajv({ useDefaults: true, strict: true, allowUnionTypes: true });

/**
 * A verb whose params are checked before it runs.
 * @param properties a JSON Schema for each param; all are required but those with a default
 */
export function verb<P extends object>(
  properties: { readonly [K in keyof P]-?: SchemaObject },
  run: (params: P, call: Call) => Promise<unknown>,
): ControlVerb {
  const required = Object.keys(properties).filter((name) => !('default' in properties[name as keyof P]));
  const schema = { type: 'object', additionalProperties: false, properties, required } as const;
  let check: ReturnType<typeof ajv.compile> | undefined;
  return {
    async run(params, call) {
      check ??= ajv.compile(schema);
      const given: unknown = structuredClone(params);
      if (!check(given)) {
        throw new CupcheckError('REQUEST_INVALID', `params: ${problemText(check.errors?.[0], given)}`);
      }
      return run(given as P, call);
    },
  };
}

type Problem = NonNullable<ReturnType<typeof ajv.compile>['errors']>[number] | undefined;

function problemText(problem: Problem, given: unknown): string {
  if (problem === undefined) return 'not as the schema says';
  if (problem.keyword === 'additionalProperties') {
    return `unknown field ${String(problem.params.additionalProperty).slice(0, 80)}`;
  }
  const field = problem.instancePath.slice(1);
  const allowed = problem.keyword === 'enum' ? `one of ${problem.params.allowedValues.join(', ')}` : problem.message;
  if (field === '' || typeof given !== 'object' || given === null) return `the params ${problem.message ?? ''}`;
  const value = JSON.stringify((given as Record<string, unknown>)[field]) ?? 'absent';
  return `${field} is ${value.slice(0, 80)}, it ${problem.keyword === 'enum' ? 'must be ' : ''}${allowed ?? ''}`;
}

import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { CupcheckError } from '../errors.js';
import type { CodeOrder } from '../pipeline/judgement.js';
import type { OrderForCup } from './orders.js';
import type { CodeSeen } from './ports.js';

/** Whether codes are read: `off`; `allowed`: a cup's code or the order in force; `required`: no green without a code. */
export type FromCode = 'off' | 'allowed' | 'required';

/** The order that counts for a cup; `doubt` says why there is none. */
export interface OrderOfCup {
  readonly order: Omit<OrderForCup, 'cupNo' | 'id'> | null;
  readonly doubt: string | null;
  /** Set where the cup's own code says the order. */
  readonly code: CodeOrder | null;
}

const prefix = 'cupcheck:';
const version = '1';
const longestCode = 400;
const keys = ['id', 'design', 'count', 'cups', 'expires'];
const wholeKeys = ['count', 'cups'];

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
ajvFormats.default(ajv);
let checked: ValidateFunction | undefined;

/** The check that orders over MQTT pass: one file says what an order may be. */
function orderCheck(): ValidateFunction {
  const file = new URL('../../schemas/request-order.schema.json', import.meta.url);
  checked ??= ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  return checked;
}

const invalid = (what: string) => new CupcheckError('ORDER_INVALID', `the code on the cup: ${what}`);

/**
 * Reads `cupcheck:1;id=A-1017;design=oak-mark;count=6;cups=40;expires=2026-11-24T18:00:00Z`; `cups` may be left out. Unlike an order that is sent,
 * it must name its end: a label may lie about for long.
 * @throws ORDER_INVALID naming the field
 */
export function parseOrderCode(text: string): CodeOrder {
  if (text.length > longestCode) throw invalid(`it has ${text.length} characters, allowed are ${longestCode}`);
  const [head, ...parts] = text.split(';');
  if (head !== `${prefix}${version}`)
    throw invalid(`it begins with "${(head ?? '').slice(0, 20)}", wanted ${prefix}${version}`);
  const fields: Record<string, string | number> = { cups: 1 };
  const given = new Set<string>();
  for (const part of parts) {
    const cut = part.indexOf('=');
    const [key, value] = [part.slice(0, cut), part.slice(cut + 1)];
    if (cut < 1 || !keys.includes(key)) throw invalid(`"${part.slice(0, 40)}" is none of ${keys.join(', ')}`);
    if (given.has(key)) throw invalid(`${key} is given twice`);
    given.add(key);
    fields[key] = wholeKeys.includes(key) && /^\d{1,9}$/.test(value) ? Number(value) : value;
  }
  const missing = ['id', 'design', 'count', 'expires'].find((key) => !given.has(key));
  if (missing !== undefined) throw invalid(`${missing} is missing`);
  const check = orderCheck();
  if (!check({ tag: 'code', ...fields })) {
    const [first] = check.errors ?? [];
    throw invalid(`${first?.instancePath.slice(1) ?? ''} ${first?.message ?? 'is wrong'}`);
  }
  return fields as unknown as CodeOrder;
}

const none = (doubt: string): OrderOfCup => ({ order: null, doubt, code: null });

/**
 * The order of a cup whose code's zone was read: one answer, or a doubt that makes the cup amber.
 * @param latched the order in force at the trigger; `null` = none
 */
export function orderOfCup(seen: CodeSeen, latched: OrderForCup | null, fromCode: FromCode, now: Date): OrderOfCup {
  const texts = [...new Set(seen.texts.filter((text) => text.startsWith(prefix)))];
  const [text] = texts;
  if (texts.length > 1) return none(`${texts.length} different order codes are seen: which one holds?`);
  if (seen.damaged > 0) return none('a code is seen that cannot be read: damaged, dirty or too small');
  if (text === undefined) {
    if (fromCode === 'allowed') return { order: latched, doubt: null, code: null };
    const foreign = seen.texts.length > 0 ? 'the code that is seen is no order' : 'no code is seen in order.codeZone';
    return none(foreign);
  }
  try {
    const code = parseOrderCode(text);
    const { design, count } = code;
    if (latched !== null && (latched.design !== design || latched.count !== count))
      return none(`the code orders ${count} of ${design}, the order in force ${latched.count} of ${latched.design}`);
    return { order: { design, count, expired: Date.parse(code.expires) <= now.getTime() }, doubt: null, code };
  } catch (error) {
    if (error instanceof CupcheckError) return none(error.message);
    throw error;
  }
}

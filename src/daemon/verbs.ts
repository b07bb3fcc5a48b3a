import { Ajv, type ValidateFunction } from 'ajv';
import { CupcheckError } from '../errors.js';
import type { OrderBook } from './order-book.js';
import type { Clock, Journal } from './ports.js';
import type { OrderRequest } from './orders.js';
import type { Station } from './station/station.js';
import type { StationStatus } from './status.js';

/** Who asks: the control socket (a member of its group) or MQTT. */
export interface Requester {
  readonly via: 'control' | 'mqtt';
}

/** One thing that can be asked of the station: a schema for what is sent, and what is done. */
export interface Verb {
  /** JSON Schema of the parameters; the request is refused with REQUEST_INVALID before `run` where it does not fit. */
  readonly params: Readonly<Record<string, unknown>>;
  run(params: Readonly<Record<string, unknown>>, by: Requester): Promise<object>;
}

export type VerbTable = Readonly<Record<string, Verb>>;

/** What the station's verbs act on. */
export interface VerbPorts {
  readonly station: Station;
  readonly orders: OrderBook;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly status: () => Promise<StationStatus>;
}

const text = { type: 'string', minLength: 1, maxLength: 200 } as const;
const object = (properties: object, required: readonly string[] = []): Verb['params'] => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const orderFields = {
  design: text,
  count: { type: 'integer', minimum: 1, maximum: 20 },
  cups: { type: 'integer', minimum: 1, maximum: 10_000, default: 1 },
  expires: { type: ['string', 'null'], maxLength: 40, default: null },
  id: { type: ['string', 'null'], minLength: 1, maxLength: 200, default: null },
} as const;

const setOrder = (ports: VerbPorts): Verb => ({
  params: object(orderFields, ['design', 'count']),
  // The schema has filled the defaults in.
  run: (params, by) => ports.orders.set(params as unknown as OrderRequest, by.via, ports.clock.utc()),
});

const clearOrder = (ports: VerbPorts): Verb => ({
  params: object({}),
  run: async () => {
    await ports.orders.clear();
    return { order: null };
  },
});

/** What a person or a machine may ask of the station. No verb alters a judgement. */
export function stationVerbs(ports: VerbPorts): VerbTable {
  const { station, orders, journal, clock } = ports;
  return {
    status: { params: object({}), run: () => ports.status() },
    trigger: {
      params: object({ tag: { ...text, type: ['string', 'null'], default: null } }),
      run: (params) => Promise.resolve({ cup: station.place(clock.nowNs(), (params['tag'] as string | null) ?? null) }),
    },
    'order.set': setOrder(ports),
    'order.clear': clearOrder(ports),
    'order.show': { params: object({}), run: () => Promise.resolve({ order: orders.current() }) },
    resolve: {
      params: object(
        {
          cup: text,
          outcome: { enum: ['ok', 'wrong'] },
          by: { ...text, default: 'unknown' },
          note: { type: ['string', 'null'], maxLength: 1000, default: null },
        },
        ['cup', 'outcome'],
      ),
      run: async (params) => {
        const { cup, outcome, by, note } = params as {
          cup: string;
          outcome: 'ok' | 'wrong';
          by: string;
          note: string | null;
        };
        const resolved = await journal.resolve(cup, outcome, by, note);
        await orders.recount((orderId) => journal.orderUse(orderId));
        return { ...resolved, outcome };
      },
    },
    selftest: {
      params: object({}),
      run: () => {
        station.testItself();
        return ports.status();
      },
    },
    'outbox.status': { params: object({}), run: () => journal.outbox() },
  };
}

/** The verbs that MQTT offers: one topic each. `order` sets, or clears with `{"clear": true}`. */
export function mqttVerbs(table: VerbTable): VerbTable {
  const { status, trigger, resolve, selftest } = table;
  const set = verbOf(table, 'order.set');
  const clear = verbOf(table, 'order.clear');
  const order: Verb = {
    params: { anyOf: [set.params, { type: 'object', properties: { clear: { const: true } }, required: ['clear'] }] },
    run: (params, by) => (params['clear'] === true ? clear.run({}, by) : callVerb({ set }, 'set', params, by)),
  };
  if (!status || !trigger || !resolve || !selftest)
    throw new CupcheckError('INTERNAL', 'a verb of MQTT is not in the table');
  return { status, trigger, order, resolve, selftest };
}

function verbOf(table: VerbTable, name: string): Verb {
  const verb = Object.hasOwn(table, name) ? table[name] : undefined;
  if (verb === undefined) {
    throw new CupcheckError(
      'REQUEST_UNKNOWN',
      `there is no verb "${name}"; there are ${Object.keys(table).join(', ')}`,
    );
  }
  return verb;
}

const ajv = new Ajv({ useDefaults: true, allowUnionTypes: true, strict: true, strictRequired: false });
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Checks a request against its verb's schema and runs it.
 * Errors: REQUEST_UNKNOWN, REQUEST_INVALID (naming the field), and the verb's own.
 */
export async function callVerb(
  table: VerbTable,
  name: string,
  params: Readonly<Record<string, unknown>>,
  by: Requester,
): Promise<object> {
  const verb = verbOf(table, name);
  const validate = compiled.get(verb.params) ?? ajv.compile(verb.params);
  compiled.set(verb.params, validate);
  const filled = { ...params };
  if (!validate(filled)) {
    const [error] = validate.errors ?? [];
    const field =
      error?.instancePath.slice(1) ||
      String(error?.params['missingProperty'] ?? error?.params['additionalProperty'] ?? '');
    throw new CupcheckError(
      'REQUEST_INVALID',
      `${name}: ${field} ${error?.message ?? 'is not right'}`.replaceAll('  ', ' '),
    );
  }
  return verb.run(filled, by);
}

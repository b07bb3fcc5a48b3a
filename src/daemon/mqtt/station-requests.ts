import type { StationControl } from '../control/station-verbs.js';
import type { OrderRequest } from '../orders.js';
import type { RequestHandler } from './documents.js';
import type { Verb } from './topics.js';

type Asked = Pick<StationControl, 'status' | 'trigger' | 'setOrder' | 'clearOrder' | 'resolve'> & {
  selfTest(): Promise<object>;
};

/** The fields of each verb, as its schema lets them through (`check-request.ts`). */
type OrderFields = { readonly clear: true } | (Pick<OrderRequest, 'design' | 'count'> & Partial<OrderRequest>);

interface ResolveFields {
  readonly cup: string;
  readonly outcome: 'ok' | 'wrong';
  readonly by: string;
  readonly note?: string | null;
}

/** What each verb does at a station. */
export function stationRequests(station: Asked): RequestHandler {
  const table: Readonly<Record<Verb, RequestHandler>> = {
    status: () => station.status(),
    selftest: () => station.selfTest(),
    async trigger(_verb, _params, { tag, signal }) {
      const { id, seq, verdict, shown } = await station.trigger(tag, signal);
      return { id, seq, verdict, light: shown.light };
    },
    async order(_verb, params) {
      const fields = params as OrderFields;
      if ('clear' in fields) return { cleared: await station.clearOrder() };
      const { design, count, cups = 1, expires = null, id = null } = fields;
      return { order: await station.setOrder({ design, count, cups, expires, id }) };
    },
    resolve(_verb, params) {
      const { cup, outcome, by, note = null } = params as unknown as ResolveFields;
      return station.resolve(cup, outcome, by, note);
    },
  };
  return (verb, params, call) => table[verb](verb, params, call);
}

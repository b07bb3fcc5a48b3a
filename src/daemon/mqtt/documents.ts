import type { Order } from '../orders.js';
import type { ErrorCode } from '../../errors.js';
import type { StationStatus } from '../status.js';
import type { StatisticsDocument } from '../statistics/summary.js';
import type { Verb } from './topics.js';

/** `info`, retained: what this station is. Changes with a restart, another bundle, its commit, or a provider. */
export interface InfoDocument {
  readonly schema: 1;
  readonly station: string;
  readonly session: string;
  readonly version: string;
  readonly node: string;
  readonly mode: 'confirm' | 'identify';
  /** When this session began, UTC ISO 8601. */
  readonly started_utc: string;
  /** `null` while none is loaded. */
  readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string } | null;
  /** Whose signature of it this station trusts; `null` = nobody's, and each result warns. */
  readonly signed_by: { readonly key: string; readonly name: string } | null;
  /** Until then somebody must commit the bundle, else it goes back by itself, UTC ISO 8601; `null` = it is committed. */
  readonly trial_until: string | null;
  readonly provider: string | null;
  /** Designs of the bundle; `covered` = may turn green. */
  readonly designs: readonly { readonly id: string; readonly name: string; readonly covered: boolean }[];
  readonly config_sha256: string;
}

/** `state`, retained: what the station does now. */
export interface StateDocument {
  readonly schema: 1;
  readonly station: string;
  readonly session: string;
  readonly utc: string;
  readonly health: 'starting' | 'ready' | 'fault' | 'draining';
  /** The machine's state: `ready`, `judging`, `showing`, … */
  readonly state: string;
  readonly faults: readonly { readonly source: string; readonly message: string; readonly help: string }[];
  /** The execution provider that runs the networks; `null` while none does. */
  readonly provider: string | null;
  /** A provider other than the wanted one serves. */
  readonly provider_fallback: boolean;
  readonly order: Order | null;
}

/** `health`, every 30 s: numbers to watch. */
export interface HealthDocument {
  readonly schema: 1;
  readonly station: string;
  readonly session: string;
  readonly utc: string;
  readonly uptime_s: number;
  readonly health: StateDocument['health'];
  readonly provider: string | null;
  /** A provider other than the wanted one serves. */
  readonly provider_fallback: boolean;
  readonly camera: { readonly state: string; readonly newest_frame_age_ms: number | null };
  readonly light: { readonly connected: boolean };
  readonly outbox: {
    readonly waiting: number;
    readonly oldest_utc: string | null;
    readonly stuck: StationStatus['broker']['stuck'];
  };
  readonly journal: { readonly last_seq: number; readonly bytes: number; readonly max_bytes: number };
  readonly pictures_dropped: number;
  /** Since the start. */
  readonly cups: { readonly green: number; readonly amber: number };
  readonly host: {
    readonly temp_c: number | null;
    readonly throttled: boolean | null;
    readonly memory_bytes: number;
  };
  /** Over all starts; `null` at a station that could not be built. */
  readonly statistics: StatisticsDocument | null;
}

/** The answer to a request, on `response/<verb>`. */
export type ResponseDocument = {
  readonly schema: 1;
  readonly verb: string;
  /** The request's tag; `null` where it had none that could be read. */
  readonly tag: string | null;
  /** The same tag was answered before, and this is that answer again: nothing was done twice. */
  readonly repeated: boolean;
} & (
  | { readonly ok: true; readonly result: object }
  | {
      readonly ok: false;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly help: string };
    }
);

/** Does what a request asks. Errors become the response's `error`. Nothing that it does may alter a judgement. */
export type RequestHandler = (
  verb: Verb,
  params: Readonly<Record<string, unknown>>,
  call: { readonly via: 'mqtt'; readonly tag: string; readonly signal: AbortSignal },
) => Promise<object>;

import type { SelfTestStatus } from './golden/self-test.js';
import type { Order } from './orders.js';
import type { JudgeInfo, LightState } from './ports.js';
import type { FaultSource } from './station/states.js';
import type { StatisticsDocument } from './statistics/summary.js';

/** What `status` answers, over the control socket and over MQTT. */
export interface StationStatus {
  readonly station: string;
  readonly version: string;
  readonly session: string;
  readonly health: 'starting' | 'ready' | 'fault' | 'draining';
  /** The machine's state, as DESIGN names it. */
  readonly state: string;
  readonly faults: readonly { readonly source: FaultSource; readonly message: string; readonly help: string }[];
  readonly mode: 'confirm' | 'identify';
  readonly uptime_s: number;
  /** `shows`: what the station last had the lines show; `null` before that, and while the light process is away. */
  readonly light: { readonly connected: boolean; readonly shows: LightState | null };
  readonly camera: { readonly driver: string; readonly state: string; readonly newest_frame_age_ms: number | null };
  readonly trigger: { readonly driver: string; readonly kind: string };
  readonly judge: {
    readonly ready: boolean;
    readonly provider: string | null;
    /** Why another provider than the first wanted runs a network; `null` = none does. */
    readonly fallback: string | null;
    /** `null` while none is loaded. */
    readonly precision: JudgeInfo['precision'] | null;
    readonly engine: JudgeInfo['engine'] | null;
    readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string } | null;
    readonly designs: number;
    readonly covered: number;
    /** Until then somebody must commit the bundle, UTC ISO 8601; `null` = it is committed. */
    readonly trial_until: string | null;
  };
  /** The golden pictures; `null` at a station that could not be built. */
  readonly selftest: SelfTestStatus | null;
  readonly broker: {
    readonly enabled: boolean;
    readonly connected: boolean;
    readonly waiting: number;
    /** The result that cannot be delivered and holds up later ones (`seq` null: it could not even be read); `null` while all flows. */
    readonly stuck: { readonly seq: number | null; readonly tries: number; readonly message: string } | null;
  };
  readonly order: Order | null;
  readonly last: {
    readonly seq: number;
    readonly id: string;
    readonly verdict: 'green' | 'amber';
    readonly shown: string;
    readonly design: string | null;
    readonly reasons: readonly string[];
    readonly total_ms: number | null;
    readonly utc: string;
  } | null;
  /** Since the start. */
  readonly cups: { readonly green: number; readonly amber: number; readonly late_judgements: number };
  /** Over all starts; `null` at a station that could not be built. */
  readonly statistics: StatisticsDocument | null;
}

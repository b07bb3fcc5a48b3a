import { CupcheckError } from '../../errors.js';
import type { Order, OrderRequest } from '../orders.js';
import type { SelfTestEvent, SelfTestStatus } from '../golden/self-test.js';
import type { SelfTestReport } from '../golden/self-test-report.js';
import type { OutboxStatus } from '../ports.js';
import type { Result } from '../result.js';
import type { StationStatus } from '../status.js';
import type { BundleUpdates } from '../update/bundle-updates.js';
import { type VerbTable, verb } from './verb.js';

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it; `null` where all is well. */
  readonly help: string | null;
}

export interface OutboxView extends OutboxStatus {
  readonly enabled: boolean;
  readonly connected: boolean;
}

export type WatchEvent =
  | { readonly type: 'state'; readonly state: string; readonly health: StationStatus['health'] }
  | { readonly type: 'result'; readonly result: Result };

export const simulatedFaults = ['unplug', 'replug', 'freeze', 'stale', 'dark', 'normal'] as const;
export type SimulatedFault = (typeof simulatedFaults)[number];

/** The simulated devices of a station that has them. */
export interface Simulation {
  /** Shows the picture to the camera and tells the trigger. Errors: PICTURE_UNREADABLE, PICTURE_CORRUPT. */
  place(picturePath: string): Promise<void>;
  remove(): Promise<void>;
  camera(fault: SimulatedFault): Promise<void>;
}

/** What may be asked of its bundles; by the control socket alone, never by MQTT. */
export type BundleControl = Pick<BundleUpdates, 'activate' | 'serve' | 'calibrate' | 'commit' | 'rollback'>;

/** What a self-test found. */
export interface SelfTestAnswer {
  /** Camera, light and networks; `cup` = not looked at, since a cup is in the station. */
  readonly parts: 'answer' | 'fault' | 'cup';
  readonly report: SelfTestReport;
  /** Why cups are amber now; `null` = not for this. */
  readonly doubt: SelfTestStatus['doubt'];
}

/** What the control socket may ask of a station. */
export interface StationControl {
  status(): Promise<StationStatus>;
  /** Judges what lies under the camera now; resolves with the result when it was shown. */
  trigger(tag: string | null, signal: AbortSignal): Promise<Result>;
  /** Errors: ORDER_INVALID, STORAGE_FAULT. */
  setOrder(request: OrderRequest): Promise<Order>;
  /** `false` where there was none. */
  clearOrder(): Promise<boolean>;
  order(): Promise<Order | null>;
  /** Errors: CUP_UNKNOWN, STORAGE_FAULT. */
  resolve(
    cup: string,
    outcome: 'ok' | 'wrong',
    by: string,
    note: string | null,
  ): Promise<{ readonly seq: number; readonly id: string }>;
  outbox(): Promise<OutboxView>;
  /** Resolves when nothing waits, or after `timeoutMs`. */
  drainOutbox(timeoutMs: number, signal: AbortSignal): Promise<OutboxView>;
  /** Resolves when the signal ends it. */
  watch(emit: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>;
  /**
   * A fresh picture of the camera as a JPEG, where no cup is being judged.
   * Errors: STATION_BUSY, CAMERA_GONE, FRAME_TIMEOUT, FRAME_STALE.
   */
  frame(signal: AbortSignal): Promise<Uint8Array>;
  /** What only the running station can tell `doctor`. */
  findings(): Promise<readonly Finding[]>;
  readonly bundles: BundleControl;
  /** Errors: MODEL_NOT_READY, GOLDEN_INVALID. */
  runSelfTest(emit: (event: SelfTestEvent) => void, signal: AbortSignal): Promise<SelfTestAnswer>;
  /** `null` at a station with real devices. */
  readonly simulation: Simulation | null;
}

const word = { type: 'string', minLength: 1, maxLength: 200 };
const wordOrNull = { ...word, type: ['string', 'null'], default: null };
/** A request over a text channel may hold any text; control characters would reach terminals and logs. */
const plainWord = { ...word, pattern: '^[^\\u0000-\\u001f\\u007f]+$' };

const digest = { type: 'string', pattern: '^[0-9a-f]{64}$' };

/** Characters of a picture in one message. */
const framePartLength = 262_144;

/** The verbs of the control socket, with the bounds of their params. */
export function stationVerbs(station: StationControl): VerbTable {
  const simulation = (): Simulation => {
    if (station.simulation !== null) return station.simulation;
    throw new CupcheckError('NOT_SUPPORTED', 'this station has real devices: nothing to simulate');
  };
  return {
    status: verb({}, () => station.status()),
    trigger: verb<{ tag: string | null }>({ tag: wordOrNull }, ({ tag }, call) => station.trigger(tag, call.signal)),
    'order.set': verb<OrderRequest>(
      {
        design: plainWord,
        count: { type: 'integer', minimum: 1, maximum: 20 },
        cups: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 1 },
        expires: wordOrNull,
        id: { ...plainWord, type: ['string', 'null'], default: null },
      },
      (request) => station.setOrder(request),
    ),
    'order.clear': verb({}, async () => ({ cleared: await station.clearOrder() })),
    'order.show': verb({}, async () => ({ order: await station.order() })),
    resolve: verb<{ cup: string; outcome: 'ok' | 'wrong'; by: string; note: string | null }>(
      { cup: plainWord, outcome: { type: 'string', enum: ['ok', 'wrong'] }, by: plainWord, note: wordOrNull },
      ({ cup, outcome, by, note }) => station.resolve(cup, outcome, by, note),
    ),
    'outbox.status': verb({}, () => station.outbox()),
    'outbox.drain': verb<{ timeoutMs: number }>(
      { timeoutMs: { type: 'integer', minimum: 0, maximum: 3_600_000 } },
      ({ timeoutMs }, call) => station.drainOutbox(timeoutMs, call.signal),
    ),
    watch: verb({}, (_params, call) => station.watch((event) => call.emit(event), call.signal)),
    'doctor.runtime': verb({}, async () => ({ findings: await station.findings() })),
    // In parts: an answer has a longest line, and a picture has none.
    'camera.frame': verb({}, async (_params, call) => {
      const text = Buffer.from(await station.frame(call.signal)).toString('base64');
      for (let at = 0; at < text.length; at += framePartLength)
        call.emit({ part: text.slice(at, at + framePartLength) });
      return { parts: Math.ceil(text.length / framePartLength) };
    }),
    'bundle.activate': verb<{ bundle: string }>({ bundle: digest }, ({ bundle }, call) =>
      station.bundles.activate(bundle, (event) => call.emit(event), call.signal),
    ),
    'gallery.serve': verb<{ network: string; gallery: string | null; when: string; who: string }>(
      {
        network: digest,
        gallery: { ...digest, type: ['string', 'null'] },
        when: { type: 'string', minLength: 20, maxLength: 40, pattern: '^[0-9TZ:.-]+$' },
        who: plainWord,
      },
      ({ network, gallery, when, who }, call) =>
        station.bundles.serve(
          network,
          gallery === null ? null : { gallery, when, who },
          (event) => call.emit(event),
          call.signal,
        ),
    ),
    'calibration.use': verb<{ calibration: string }>({ calibration: digest }, async ({ calibration }) => {
      await station.bundles.calibrate(calibration);
      return { calibration };
    }),
    'bundle.commit': verb({}, () => station.bundles.commit()),
    'bundle.rollback': verb<{ only: string | null }>(
      { only: { ...digest, type: ['string', 'null'], default: null } },
      ({ only }) => station.bundles.rollback('by request', only),
    ),
    'selftest.run': verb({}, (_params, call) => station.runSelfTest((event) => call.emit(event), call.signal)),
    'sim.place': verb<{ picture: string }>(
      { picture: { type: 'string', minLength: 1, maxLength: 4095, pattern: '^/' } },
      ({ picture }) => simulation().place(picture),
    ),
    'sim.remove': verb({}, () => simulation().remove()),
    'sim.camera': verb<{ fault: SimulatedFault }>(
      { fault: { type: 'string', enum: [...simulatedFaults] } },
      ({ fault }) => simulation().camera(fault),
    ),
  };
}

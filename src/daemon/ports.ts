import type { CupcheckError } from '../errors.js';
import type { FrameStamp, FreshStamp, Picture } from '../pipeline/frame.js';
import type { Precision } from '../pipeline/bundle/precision.js';
import type { Judgement, ReasonGiven } from '../pipeline/judgement.js';
import type { Asked, GoldenItem, KeptBytes } from './golden/golden-record.js';
import type { JudgedReceipt, ShowableGreen } from './green.js';
import type { OrderForCup } from './orders.js';
import type { Result, ResultDraft, Shown } from './result.js';
import type { Count, CountTable } from './statistics/counts.js';

/** CLOCK_MONOTONIC for everything that is compared, UTC for people. */
export interface Clock {
  nowNs(): bigint;
  utc(): Date;
  /** Resolves at that moment (at once where it is past); rejects with the signal's reason when aborted. */
  until(ns: bigint, signal: AbortSignal): Promise<void>;
}

/** Where a frame lies in the shared ring. `generation` changes when the slot is written again. */
export interface FrameRef {
  readonly slot: number;
  readonly generation: number;
  readonly bytes: number;
  readonly encoding: 'jpeg' | 'rgb' | 'grey';
  /** Pixels; 0 where only the decoder can tell (JPEG). */
  readonly width: number;
  readonly height: number;
  /** Bytes a row; 0 for JPEG. */
  readonly stride: number;
  readonly stamp: FrameStamp;
}

/** A frame that the holder must give back, so that its slot can be written again. Releasing twice is harmless. */
export interface HeldFrame extends FrameRef {
  release(): void;
}

export type CameraState = 'stopped' | 'streaming' | 'gone';

/**
 * A camera that always streams and keeps its own queue drained.
 * `after` never hands the same frame out twice, and never one exposed at or before `ns`.
 */
export interface Camera {
  readonly state: CameraState;
  start(): Promise<void>;
  /** Rejects pending `after` calls with CAMERA_GONE. Stopping twice is harmless. */
  stop(): Promise<void>;
  /**
   * The first frame exposed strictly after `ns`.
   * Errors: CAMERA_GONE at once when unplugged, RING_FULL, and the signal's reason when aborted. Where `unproven` says
   * something, the driver's own stamp stands for the exposure, and the frame's stamp has none.
   * Calls may overlap; each gets a frame of its own.
   */
  after(ns: bigint, signal: AbortSignal): Promise<HeldFrame>;
  /** Called on every change of `state`, and where it is `gone` for another reason than before. Returns the unsubscriber. */
  onState(listener: (state: CameraState) => void): () => void;
  /** Why it is `gone`; `null` in any other state. */
  readonly problem: CupcheckError | null;
  /** Why the moment of its frames' exposure is not known, so that none can make a green; `null` where it is. */
  readonly unproven: string | null;
  /** Exposure time of the newest frame seen, handed out or not; `null` before the first. The watchdog's proof of life. */
  readonly newestNs: bigint | null;
  /** Frames that came since `start`, whatever their stamps: tells a frozen camera (old stamps) from a silent one. */
  readonly framesSeen: number;
  /** Frames that the driver numbered and never gave since `start`: what was lost between sensor and us. */
  readonly framesMissed: number;
  /** Frames that came broken since `start`, and were handed to nobody. */
  readonly framesDamaged: number;
}

export type TriggerEvent =
  | { readonly type: 'placed'; readonly atNs: bigint }
  | { readonly type: 'removed'; readonly atNs: bigint }
  /** The sensor cannot be relied on: it is gone, chatters, or is stuck. Any other event says that it can be again. */
  | { readonly type: 'lost'; readonly error: Error }
  | { readonly type: 'found'; readonly atNs: bigint };

/** Tells when a cup stands under the camera. `level` knows presence and reports `removed`; `edge_only` reports `placed` alone. */
export interface Trigger {
  readonly kind: 'level' | 'edge_only';
  /** Rises of the sensor since `start` that were not taken for a cup: bounces, and arrivals sooner than `trigger.minGapMs`. */
  readonly refused: number;
  /** Changes of the sensor since `start` that the kernel had no room for. */
  readonly missed: number;
  /** A sensor that cannot be had is no error: it is told as `lost`, and tried again until it is found. */
  start(listener: (event: TriggerEvent) => void): Promise<void>;
  stop(): Promise<void>;
}

/** What the packer sees. `fault` blinks amber. */
export type LightState = 'dark' | 'green' | 'amber' | 'fault';

/** The output lines, owned by the light process. `set` returns when the lines are driven. */
export interface LightLines {
  /** Errors: LIGHT_LOST. */
  set(state: LightState): Promise<void>;
  close(): Promise<void>;
}

/**
 * The station's hold on the light process: shows a state and renews its lease until told otherwise.
 * Green must be asked for with the receipt of its journal row (see green.ts).
 */
export interface Light {
  readonly connected: boolean;
  /** What it was last told to show; `null` while the light process is away. */
  readonly shows: LightState | null;
  /** Resolves with the moment at which the lines showed it. `cup` is remembered by the light process. Errors: LIGHT_LOST. */
  show(state: Exclude<LightState, 'green'>, cup?: string): Promise<{ readonly atNs: bigint }>;
  showGreen(green: ShowableGreen): Promise<{ readonly atNs: bigint }>;
  /** What the light process remembers of the last cups that it showed: the truth for recovery after a crash of core. */
  recent(): Promise<readonly { readonly cup: string; readonly state: LightState; readonly atNs: bigint }[]>;
  onLost(listener: (error: Error) => void): () => void;
  close(): Promise<void>;
}

/** What the code reader saw in the code's zone of the judged picture. */
export interface CodeSeen {
  /** Texts of the codes that could be read. */
  readonly texts: readonly string[];
  /** Codes that could not. */
  readonly damaged: number;
}

/** Reads the codes in the part of a picture that it was made for. */
export interface CodeReader {
  read(picture: Picture): Promise<CodeSeen>;
}

export interface JudgeRequest {
  readonly cup: string;
  readonly first: FrameRef & { readonly stamp: FreshStamp };
  /** A later frame for the motion check; it must qualify too. */
  readonly second: FrameRef & { readonly stamp: FreshStamp };
  readonly order: OrderForCup | null;
}

/** A file that is used only where it is what its digest says. */
export interface KeptFile extends KeptBytes {
  readonly path: string;
}

/** A picture of the disk that is to be judged again, in the scene of its day. */
export interface ReplayRequest {
  readonly cup: string;
  /** JPEGs of the judged cup, and of the cup when it was empty. */
  readonly picture: KeptFile;
  readonly empty: KeptFile | null;
  readonly pxPerMm: number | null;
  /** x, y, width, height in picture pixels. */
  readonly codeZone: readonly [number, number, number, number] | null;
  readonly asked: Asked;
}

/** What a picture was judged as. It has no frame, so that no light can come of it. */
export interface ReplayedCup {
  readonly verdict: 'green' | 'amber';
  readonly reasons: readonly Pick<ReasonGiven, 'reason' | 'detail'>[];
  readonly design: string | null;
  readonly score: number | null;
  readonly items: readonly GoldenItem[];
}

/** What the judging process works with. */
export interface JudgeInfo {
  readonly provider: string;
  /** Why another provider than the first wanted runs a network; `null` = it does not. */
  readonly fallback: string | null;
  /** In what the weights of the items network are kept; `because`: why, where the config leaves it open. */
  readonly precision: { readonly used: Precision; readonly because: string | null };
  /** Key of the prepared engine that runs the networks; `null` = none does, and `because` may say why. */
  readonly engine: { readonly used: string | null; readonly because: string | null };
  readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string };
  /** Whose signature of the bundle is trusted here; `null` = nobody's: unsigned, or by a key that is not known. */
  readonly signedBy: { readonly key: string; readonly name: string } | null;
  readonly gallerySha256: string;
  readonly calibrationSha256: string | null;
  /** Designs of the bundle; `covered` = has a calibrated threshold. */
  readonly designs: readonly { readonly id: string; readonly name: string; readonly covered: boolean }[];
}

/** Judges cups in another process, which is killed and started again when it dies or does not answer. */
export interface CupJudge {
  /** `null` while the networks load. */
  readonly info: JudgeInfo | null;
  /** Errors: MODEL_NOT_READY, INFER_TIMEOUT, INFER_CRASHED, INFER_FAILED, PICTURE_CORRUPT, FRAME_OVERWRITTEN; the signal's reason when aborted. */
  judge(request: JudgeRequest, signal: AbortSignal): Promise<Judgement>;
  /** Whether `frame` shows the same as the first frame of the cup judged last. Errors as `judge`; CUP_UNKNOWN for another cup. */
  compare(
    cup: string,
    frame: FrameRef,
    signal: AbortSignal,
  ): Promise<{ readonly same: boolean; readonly difference: number }>;
  /**
   * Judges a picture of the disk: a question like the others, one at a time with them. The cup judged last can be compared as before.
   * Errors: as `judge`; GOLDEN_INVALID where a file is missing or is not what its digest says.
   */
  replay(request: ReplayRequest, signal: AbortSignal): Promise<ReplayedCup>;
  /** Called when it becomes ready, dies, or cannot be started (`error`). */
  onState(listener: (state: 'loading' | 'ready' | 'failed', error: Error | null) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A row that waits for the broker. */
export interface OutboxRow {
  /** Place in the order of publishing; grows with every `shown` row. */
  readonly position: number;
  readonly seq: number;
  /** The result document, word for word. */
  readonly document: string;
  /** When its `shown` row was committed, UTC ISO 8601. */
  readonly utc: string;
}

/** How the journal and its outbox stand. */
export interface OutboxStatus {
  /** Rows that the broker has not taken. */
  readonly waiting: number;
  /** When the oldest of them was shown, UTC ISO 8601. */
  readonly oldestUtc: string | null;
  /** 0 before the first. */
  readonly newestPosition: number;
  readonly lastSeq: number;
  /** Rows up to this seq were pruned after their delivery. */
  readonly prunedThrough: number;
  /** Bytes in use, and the budget. */
  readonly bytes: number;
  readonly maxBytes: number;
}

/** The record of every cup. Each call resolves after its commit is on disk. Errors: STORAGE_FAULT. */
export interface Journal {
  readonly journalId: string;
  /** Commits the `judged` row. The picture is written later, after the light, where the result names one. */
  judged(draft: ResultDraft, image: Uint8Array | null): Promise<JudgedReceipt>;
  /** Commits the `shown` row and the final document, in one transaction with its place in the outbox. */
  shown(receipt: JudgedReceipt, shown: Shown): Promise<Result>;
  /** Cups judged and never shown (the station stopped): closes each with what `known` says, else `not_shown`. */
  recover(known: ReadonlyMap<string, Shown>): Promise<readonly Result[]>;
  /** The oldest row that the broker has not taken. */
  nextUnsent(): Promise<OutboxRow | null>;
  delivered(seq: number): Promise<void>;
  /** The shown row with the highest seq, delivered or not. */
  newest(): Promise<OutboxRow | null>;
  outbox(): Promise<OutboxStatus>;
  /** Called after each commit of a `shown` row. Returns the unsubscriber. */
  onShown(listener: () => void): () => void;
  resolve(
    cup: string,
    outcome: 'ok' | 'wrong',
    by: string,
    note: string | null,
  ): Promise<{ readonly seq: number; readonly id: string }>;
  /** Cups that the order has used up: shown green, or resolved `ok`. Call it after `recover`. */
  orderUse(orderId: string): Promise<number>;
  /** What was counted with the rows, pruned ones too; as new as the last answered call. */
  readonly counts: CountTable;
  /** Since then everything is counted, UTC ISO 8601. */
  readonly countedSince: string;
  /** Keeps counts that no row tells. Call it when no cup is being judged. */
  keepCounts(counts: readonly Count[]): Promise<void>;
  /** Prunes and checkpoints; call it when no cup is being judged. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
}

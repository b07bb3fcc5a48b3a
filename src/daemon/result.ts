import type { Evidence, Reason, ReasonGiven, Side, Warning } from '../pipeline/judgement.js';

/** A cup's order as its result carries it. */
export interface ResultOrder {
  readonly id: string;
  readonly design: string;
  /** Items in a cup. */
  readonly count: number;
  /** Which of the order's cups this is, from 1. */
  readonly cup_no: number;
}

/** One item in a result. */
export interface ResultItem {
  readonly box: readonly [number, number, number, number];
  readonly diameter_mm: number | null;
  readonly side: Side | null;
  readonly design: string | null;
  readonly score: number | null;
  readonly compatible: boolean;
  readonly quality: {
    readonly rim_seen: number;
    readonly rim_width: number;
    readonly luma: number;
    readonly clipped: number;
  };
}

/** Milliseconds by stage; `null` where the cup did not come so far. */
export interface ResultMs {
  readonly settle: number | null;
  readonly frame: number | null;
  readonly decode: number | null;
  readonly quality: number | null;
  readonly detect: number | null;
  readonly crop: number | null;
  readonly infer: number | null;
  readonly judge: number | null;
  readonly journal: number | null;
  readonly light: number | null;
  readonly total: number | null;
}

/** `not_shown`: the station stopped before the light; found at recovery. */
export type ShownLight = 'green' | 'amber' | 'fault' | 'not_shown';

/**
 * The document of one cup (schema 1), as it is journalled and published word for word.
 * Nanoseconds are decimal strings. `schemas/result.schema.json` is held to it by a test.
 */
export interface Result {
  readonly schema: 1;
  /** UUID v7. */
  readonly id: string;
  readonly station: string;
  readonly journal_id: string;
  readonly seq: number;
  readonly session: string;
  /** The row is older than the connection that it was published on. Set at publishing, `false` in the journal. */
  readonly replayed: boolean;
  readonly verdict: 'green' | 'amber';
  readonly shown: { readonly light: ShownLight; readonly at_ns: string | null };
  readonly reasons: readonly { readonly reason: Reason; readonly detail: string; readonly item?: number }[];
  readonly warnings: readonly Warning[];
  readonly mode: 'confirm' | 'identify';
  readonly order: ResultOrder | null;
  readonly design: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly evidence: Evidence | null;
  readonly count: {
    readonly seen: number | null;
    readonly expected: number | null;
    readonly informative: number | null;
    readonly undetectable: number | null;
  };
  readonly items: readonly ResultItem[];
  readonly time: {
    readonly utc: string;
    readonly utc_synced: boolean;
    readonly trigger_ns: string;
    readonly frame_ns: string | null;
  };
  readonly ms: ResultMs;
  readonly bundle: { readonly name: string; readonly version: string; readonly sha256: string } | null;
  readonly gallery_sha256: string | null;
  readonly calibration_sha256: string | null;
  readonly config_sha256: string;
  readonly provider: string | null;
  readonly host: { readonly temp_c: number | null; readonly throttled: boolean | null };
  readonly image: { readonly sha256: string; readonly path: string } | null;
  readonly tag: string | null;
}

/** What is known of a cup before the light: the journal adds `journal_id`, `seq`, `shown` and the last times. */
export type ResultDraft = Omit<Result, 'journal_id' | 'seq' | 'replayed' | 'shown'>;

/** What the light did with a cup. */
export interface Shown {
  readonly light: ShownLight;
  readonly atNs: bigint | null;
  /** Milliseconds from the committed row to the light, and from trigger to light. */
  readonly lightMs: number | null;
  readonly totalMs: number | null;
  /** Why a cup that was judged green was not shown green; joins the result's reasons. `null` where the draft says it all. */
  readonly because: ReasonGiven | null;
  /** The picture of a cup that was judged green and not shown so: an amber's is kept, though its draft has none. */
  readonly image?: ResultDraft['image'];
}

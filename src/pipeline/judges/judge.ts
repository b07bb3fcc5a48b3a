import type { Picture } from '../frame.js';
import type { Ellipse, Side } from '../judgement.js';

/** What the items network says of one item. */
export interface ScoredItem {
  /** Length 1. */
  readonly embedding: Float32Array;
  /** Cosine to each class's weight, by class. */
  readonly classScores: Float32Array;
  /** Logits: obverse, reverse. */
  readonly sideLogits: readonly [number, number];
  /** The trunk's pooled map, which other networks read; `null` where no judge asks for it. */
  readonly features: Float32Array | null;
  /** By design: whether its measured size fits; `null` where the size is unknown. */
  readonly sizeFits: readonly (boolean | null)[];
}

/** A cup as a judge gets it: its items as the items network sees them, and where they lie in the picture. */
export interface CupSeen {
  readonly items: readonly ScoredItem[];
  /** By item. */
  readonly outlines: readonly Ellipse[];
  readonly picture: Picture;
}

/** What a judge thinks of one item. Arrays are by design, in the manifest's order. */
export interface ItemOpinion {
  /** How well it resembles each design, whatever its size. */
  readonly similarity: Float32Array;
  /** Resemblance to each design less that of its strongest competitor of compatible size, or less being unknown. Over 0 = surely this design. */
  readonly score: Float32Array;
  /** The class that it resembles most, among those of compatible size; `null` = it is none that is known. */
  readonly bestClass: number | null;
  /** The same, whatever its size. */
  readonly bestClassAnySize: number | null;
  readonly side: Side | null;
}

export interface CupOpinion {
  readonly items: readonly ItemOpinion[];
  /** By design: the cup's score, which the calibrated threshold is compared with. */
  readonly score: Float32Array;
}

/** A strategy over the networks' outputs: the same cup gives the same opinion. */
export interface Judge {
  readonly name: string;
  /** Errors: INFER_FAILED (of the networks that it runs itself). */
  judge(cup: CupSeen): Promise<CupOpinion>;
}

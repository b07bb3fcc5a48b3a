import type { Drift } from './background.js';
import type { Manifest } from './bundle/manifest.js';
import type { Coverage } from './bundle/thresholds.js';
import type { Exposure } from './exposure.js';
import type { CupOpinion } from './judges/judge.js';
import type { MeasuredItem } from './measure.js';
import type { CupOrder, Policy } from './policy.js';
import type { Unexplained } from './unexplained.js';

/** Everything that was seen of a cup: what the policy decides on. */
export interface CupFacts {
  readonly manifest: Manifest;
  /** Name of the judge that the opinion is of. */
  readonly judge: string;
  readonly items: readonly MeasuredItem[];
  /** By item, then design: whether its size fits; `null` where unknown. */
  readonly sizeFits: readonly (readonly (boolean | null)[])[];
  readonly opinion: CupOpinion;
  readonly overlaps: readonly (readonly [number, number])[];
  readonly unexplained: readonly Unexplained[];
  /** Of the first frame, and of the second where there is one. */
  readonly exposures: readonly Exposure[];
  /** Change between the frames, levels of 255; `null` with one frame. */
  readonly motion: number | null;
  /** Steepest steps of a picture that shows no item, as a share of those of the empty cup; `null` where not measured. */
  readonly sharpness: number | null;
  /** How lamp and lens stand to the picture of the empty cup; `null` without one. */
  readonly drift: Drift | null;
  readonly pxPerMm: number | null;
  readonly hasReference: boolean;
  /** Whether a trusted key signed the bundle. */
  readonly bundleSigned: boolean;
  readonly order: CupOrder | null;
  /** Why there is none, where the order had to be read off the cup. */
  readonly orderDoubt: string | null;
  readonly policy: Policy;
}

/** The design that a cup is judged as. */
export interface JudgedAs {
  /** Index into the manifest's designs. */
  readonly index: number;
  readonly coverage: Coverage;
}

import { type Galleries, sameGalleries } from '../gallery/galleries.js';

/** A bundle by its digest, with the name and version that its manifest gives. */
export interface NamedBundle {
  /** SHA-256 of its manifest: its name in the store. */
  readonly bundle: string;
  readonly name: string;
  readonly version: string;
}

/** The bundle that the config names; the shipped one where it names none. It comes with the program and changes with it. */
export interface BundleOfConfig {
  readonly bundle: null;
}

/** A bundle, and what judges together with it: a way back restores all of it. */
export type Judging = (NamedBundle | BundleOfConfig) & {
  readonly galleries: Galleries;
  /** Digest of the engine in which it was proved; `null` = none, or none is known. */
  readonly engine: string | null;
};

/** An active bundle that nobody has committed yet. */
export interface Trial {
  readonly since: string;
  /** Rolled back then, UTC ISO 8601. */
  readonly until: string;
  /** What `previous` was before: a rollback leaves no trace but its outcome. */
  readonly before: Judging | null;
}

export interface Candidate extends NamedBundle {
  /** `staged`: to be proved. `proving`: a second process has it, while the active bundle judges. */
  readonly step: 'staged' | 'proving';
  readonly since: string;
}

/** How a bundle's way ended. */
export interface Outcome extends NamedBundle {
  readonly outcome: 'committed' | 'rejected' | 'rolled_back';
  readonly why: string | null;
  readonly at: string;
}

/**
 * What judges, what judged before, and which bundle is on its way. Kept in `bundle-state.json`, whose replacement is the only commit point
 * of an update, of `recalibrate`, and of `calibrate`. The moments are UTC, ISO 8601.
 */
export interface BundleState {
  readonly schema: 2;
  readonly active: Judging;
  /** What `rollback` goes back to; `null` = nothing. */
  readonly previous: Judging | null;
  /** `null` = the active bundle is committed. */
  readonly trial: Trial | null;
  readonly candidate: Candidate | null;
  /** Digest of the station's calibration; `null` = it has none. Where the camera stands is no matter of a bundle: no way back changes it. */
  readonly calibration: string | null;
  /** The last ones, the newest at the end. */
  readonly outcomes: readonly Outcome[];
}

/** The bundle of the config, with what was taught. */
export const ofConfig = (galleries: Galleries): Judging => ({ bundle: null, galleries, engine: null });

/** A station that never had another bundle than the config's. */
export const noState: BundleState = {
  schema: 2,
  active: ofConfig({}),
  previous: null,
  trial: null,
  candidate: null,
  calibration: null,
  outcomes: [],
};

export type Phase = 'settled' | 'staged' | 'proving' | 'trial';

export function phaseOf({ trial, candidate }: BundleState): Phase {
  if (trial !== null) return 'trial';
  return candidate === null ? 'settled' : candidate.step;
}

/** Digests of the bundles that a way forward or back may need. */
export function neededBundles({ active, previous, trial, candidate }: BundleState): ReadonlySet<string> {
  const judging = [active, previous, trial?.before ?? null].flatMap((one) =>
    one === null || one.bundle === null ? [] : [one.bundle],
  );
  return new Set(candidate === null ? judging : [...judging, candidate.bundle]);
}

export const judgingName = (judging: NamedBundle | BundleOfConfig): string =>
  judging.bundle === null ? 'the bundle of the config' : `${judging.name} ${judging.version}`;

/** Whether a process that judges by the one judges by the other too. */
export const sameJudging = (a: Judging, b: Judging): boolean =>
  a.bundle === b.bundle && sameGalleries(a.galleries, b.galleries);

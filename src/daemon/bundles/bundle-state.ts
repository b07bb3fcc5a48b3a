/** A bundle by its digest, with the name and version that its manifest gives. */
export interface NamedBundle {
  /** SHA-256 of its manifest: its name in the store. */
  readonly bundle: string;
  readonly name: string;
  readonly version: string;
}

/** What was proved together and judges together. Digests; `null` = there is none, or it is not known yet. */
export interface ServingBundle extends NamedBundle {
  readonly gallery: string | null;
  readonly calibration: string | null;
  readonly engine: string | null;
}

/** What judges: a bundle of the store, or the one that the config names (the shipped one where it names none). */
export type Judging = ServingBundle | 'config';

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
 * Which bundle judges, which one judged before, and which one is on its way. Kept in `bundle-state.json`, whose replacement is the only
 * commit point of an update. The moments are UTC, ISO 8601.
 */
export interface BundleState {
  readonly schema: 1;
  readonly active: Judging;
  /** What `rollback` goes back to; `null` = nothing. */
  readonly previous: Judging | null;
  /** `null` = the active bundle is committed. */
  readonly trial: Trial | null;
  readonly candidate: Candidate | null;
  /** The last ones, the newest at the end. */
  readonly outcomes: readonly Outcome[];
}

/** A station that never had another bundle than the config's. */
export const noState: BundleState = {
  schema: 1,
  active: 'config',
  previous: null,
  trial: null,
  candidate: null,
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
    one === null || one === 'config' ? [] : [one.bundle],
  );
  return new Set(candidate === null ? judging : [...judging, candidate.bundle]);
}

export const judgingName = (judging: Judging): string =>
  judging === 'config' ? 'the bundle of the config' : `${judging.name} ${judging.version}`;

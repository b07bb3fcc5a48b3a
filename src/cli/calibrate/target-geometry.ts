/**
 * The printed target: round dots on a square grid, in a round field, so that it can be cut to fit a cup.
 * Only the distances of the dots' middles are measured: ink that spreads makes dots larger and moves no middle.
 */
export const target = {
  pitchMm: 6,
  dotMm: 3,
  /** Diameter of the field of dots. */
  fieldMm: 138,
  /** Circles to cut along, of a thin grey that is no dot. */
  cutsMm: [54, 78, 102, 126, 144],
  /** The ruler that tells whether the printer kept the size. */
  rulerMm: 100,
} as const;

/** Middles of the dots, millimetres from the middle of the field. */
export function targetDots(): (readonly [x: number, y: number])[] {
  const { pitchMm, dotMm, fieldMm } = target;
  const most = Math.floor((fieldMm - dotMm) / 2 / pitchMm);
  const steps = Array.from({ length: 2 * most + 1 }, (_, k) => (k - most) * pitchMm);
  return steps.flatMap((y) =>
    steps.filter((x) => Math.hypot(x, y) <= (fieldMm - dotMm) / 2).map((x): readonly [number, number] => [x, y]),
  );
}

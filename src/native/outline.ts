/** An ellipse: full axes in pixels, the angle of the major one from +x towards +y. */
export interface Outline {
  readonly cx: number;
  readonly cy: number;
  readonly major: number;
  readonly minor: number;
  readonly angleRad: number;
}

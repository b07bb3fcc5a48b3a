import type { Ellipse } from '../../../../src/pipeline/judgement.js';

type Row = [number, number, number];
type Matrix = [Row, Row, Row];

const zero = (): Matrix => [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
];
const rowsByColumns = (a: Matrix, b: Matrix): Matrix => a.map((row) => byMatrix(row, b)) as Matrix;
const byMatrix = ([p, q, r]: Row, [a, b, c]: Matrix): Row => [
  p * a[0] + q * b[0] + r * c[0],
  p * a[1] + q * b[1] + r * c[1],
  p * a[2] + q * b[2] + r * c[2],
];
const byVector = (m: Matrix, v: Row): Row => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as Row;
const cross = (a: Row, b: Row): Row => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const dot = (a: Row, b: Row) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const transposed = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

function inverse(m: Matrix): Matrix | null {
  const [a, b, c] = m;
  const bc = cross(b, c);
  const determinant = dot(a, bc);
  if (!(Math.abs(determinant) > 1e-12)) return null;
  const columns: Matrix = [bc, cross(c, a), cross(a, b)];
  return transposed(columns.map((row) => row.map((value) => value / determinant)) as Matrix);
}

/** Real roots of λ³ + p λ² + q λ + r. */
function cubicRoots(p: number, q: number, r: number): number[] {
  const shift = p / 3;
  const a = q - p * shift;
  const b = 2 * shift ** 3 - q * shift + r;
  const discriminant = (b / 2) ** 2 + (a / 3) ** 3;
  if (discriminant > 0) {
    const root = Math.sqrt(discriminant);
    return [Math.cbrt(-b / 2 + root) + Math.cbrt(-b / 2 - root) - shift];
  }
  const radius = 2 * Math.sqrt(Math.max(0, -a / 3));
  const cosine = radius === 0 ? 1 : Math.max(-1, Math.min(1, (3 * b) / (a * radius)));
  const turn = Math.acos(cosine) / 3;
  return [0, 1, 2].map((k) => radius * Math.cos(turn - (2 * Math.PI * k) / 3) - shift);
}

function eigenvectors(m: Matrix): Row[] {
  const trace = m[0][0] + m[1][1] + m[2][2];
  const minors =
    m[0][0] * m[1][1] -
    m[0][1] * m[1][0] +
    m[0][0] * m[2][2] -
    m[0][2] * m[2][0] +
    m[1][1] * m[2][2] -
    m[1][2] * m[2][1];
  const determinant = dot(m[0], cross(m[1], m[2]));
  return cubicRoots(-trace, minors, -determinant).map((root) => {
    const [a, b, c] = m.map((row, i) => row.map((value, j) => (i === j ? value - root : value))) as Matrix;
    // The null vector stands on two independent rows; the largest of the three products is the safest.
    const products = [cross(a, b), cross(b, c), cross(a, c)];
    return products.reduce((best, one) => (dot(one, one) > dot(best, best) ? one : best));
  });
}

function toEllipse([a, b, c]: Row, [d, e, f]: Row): Ellipse | null {
  const discriminant = b * b - 4 * a * c;
  if (!(discriminant < 0)) return null;
  const cx = (2 * c * d - b * e) / discriminant;
  const cy = (2 * a * e - b * d) / discriminant;
  const common = 2 * (a * e * e + c * d * d - b * d * e + discriminant * f);
  const spread = Math.hypot(a - c, b);
  const one = -Math.sqrt(Math.max(0, common * (a + c + spread))) / discriminant;
  const two = -Math.sqrt(Math.max(0, common * (a + c - spread))) / discriminant;
  if (!(one > 0 && two > 0)) return null;
  // The eigenvector of the smaller eigenvalue of [[a, b/2], [b/2, c]], which is the long axis once its sign is positive.
  const sign = a + c < 0 ? -1 : 1;
  const angleRad = Math.atan2(-b * sign, (c - a) * sign) / 2;
  return { cx, cy, major: 2 * Math.max(one, two), minor: 2 * Math.min(one, two), angleRad };
}

/**
 * The ellipse of least algebraic distance through weighted points: the direct fit of Fitzgibbon, Pilu and Fisher (1999)
 * in the numerically stable form of Halíř and Flusser (1998).
 * @param xs @param ys in any unit; best about the origin and of the order of 1
 * @returns axes as full lengths; `null` where the points lie on no ellipse
 */
export function fitEllipse(xs: ArrayLike<number>, ys: ArrayLike<number>, weights: ArrayLike<number>): Ellipse | null {
  const s1 = zero();
  const s2 = zero();
  const s3 = zero();
  for (let at = 0; at < xs.length; at++) {
    const x = xs[at] ?? 0;
    const y = ys[at] ?? 0;
    const w = weights[at] ?? 0;
    const quadratic: Row = [x * x, x * y, y * y];
    const linear: Row = [x, y, 1];
    for (const i of [0, 1, 2] as const)
      for (const j of [0, 1, 2] as const) {
        s1[i][j] += w * quadratic[i] * quadratic[j];
        s2[i][j] += w * quadratic[i] * linear[j];
        s3[i][j] += w * linear[i] * linear[j];
      }
  }
  const s3Inverse = inverse(s3);
  if (s3Inverse === null) return null;
  const t = rowsByColumns(s3Inverse, transposed(s2)).map((row) => row.map((value) => -value)) as Matrix;
  const reduced = rowsByColumns(s2, t);
  const m = s1.map((row, i) => row.map((value, j) => value + (reduced[i as 0][j as 0] ?? 0))) as Matrix;
  const [top, middle, bottom] = m;
  const constrained: Matrix = [
    bottom.map((value) => value / 2) as Row,
    middle.map((value) => -value) as Row,
    top.map((value) => value / 2) as Row,
  ];
  const vector = eigenvectors(constrained).find((v) => 4 * v[0] * v[2] - v[1] * v[1] > 0);
  return vector === undefined ? null : toEllipse(vector, byVector(t, vector));
}

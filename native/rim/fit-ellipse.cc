#include "fit-ellipse.h"

#include <algorithm>
#include <array>

namespace cupcheck {
namespace {

constexpr double kPi = 3.14159265358979323846;

using Row = std::array<double, 3>;
using Matrix = std::array<Row, 3>;

double dot(const Row& a, const Row& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Row cross(const Row& a, const Row& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Matrix transposed(const Matrix& m) {
  return {{{m[0][0], m[1][0], m[2][0]}, {m[0][1], m[1][1], m[2][1]}, {m[0][2], m[1][2], m[2][2]}}};
}

Matrix product(const Matrix& a, const Matrix& b) {
  const Matrix columns = transposed(b);
  Matrix out;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) out[i][j] = dot(a[i], columns[j]);
  return out;
}

std::optional<Matrix> inverse(const Matrix& m) {
  const auto& [a, b, c] = m;
  const Row bc = cross(b, c);
  const double determinant = dot(a, bc);
  if (!(std::fabs(determinant) > 1e-12)) return {};
  Matrix columns = {bc, cross(c, a), cross(a, b)};
  for (Row& row : columns)
    for (double& value : row) value /= determinant;
  return transposed(columns);
}

struct Roots {
  int count;
  Row values;
};

/** Real roots of λ³ + p λ² + q λ + r. */
Roots cubic_roots(double p, double q, double r) {
  const double shift = p / 3;
  const double a = q - p * shift;
  const double b = 2 * shift * shift * shift - q * shift + r;
  const double discriminant = b / 2 * (b / 2) + a / 3 * (a / 3) * (a / 3);
  if (discriminant > 0) {
    const double root = std::sqrt(discriminant);
    return {1, {std::cbrt(-b / 2 + root) + std::cbrt(-b / 2 - root) - shift}};
  }
  const double radius = 2 * std::sqrt(std::max(0.0, -a / 3));
  const double cosine = radius == 0 ? 1 : std::max(-1.0, std::min(1.0, 3 * b / (a * radius)));
  const double turn = std::acos(cosine) / 3;
  Roots roots = {3, {}};
  for (int k = 0; k < 3; ++k) roots.values[k] = radius * std::cos(turn - 2 * kPi * k / 3) - shift;
  return roots;
}

/** The vector that m − root takes to nothing: it stands on two independent rows; the largest of three products is the safest. */
Row eigenvector(Matrix m, double root) {
  for (int i = 0; i < 3; ++i) m[i][i] -= root;
  Row best = cross(m[0], m[1]);
  for (const Row& one : {cross(m[0], m[2]), cross(m[1], m[2])})
    if (dot(one, one) > dot(best, best)) best = one;
  return best;
}

/** The conic a x² + b xy + c y² + d x + e y + f as axes, where it is an ellipse. */
std::optional<Ellipse> to_ellipse(const Row& quadratic, const Row& linear) {
  const auto& [a, b, c] = quadratic;
  const auto& [d, e, f] = linear;
  const double discriminant = b * b - 4 * a * c;
  if (!(discriminant < 0)) return {};
  const double common = 2 * (a * e * e + c * d * d - b * d * e + discriminant * f);
  const double spread = std::hypot(a - c, b);
  const double one = -std::sqrt(std::max(0.0, common * (a + c + spread))) / discriminant;
  const double two = -std::sqrt(std::max(0.0, common * (a + c - spread))) / discriminant;
  if (!(one > 0 && two > 0)) return {};
  // The eigenvector of the smaller eigenvalue of [[a, b/2], [b/2, c]], which is the long axis once its sign is positive.
  const double sign = a + c < 0 ? -1 : 1;
  return Ellipse{(2 * c * d - b * e) / discriminant, (2 * a * e - b * d) / discriminant, 2 * std::max(one, two),
                 2 * std::min(one, two), std::atan2(-b * sign, (c - a) * sign) / 2};
}

}  // namespace

std::optional<Ellipse> fit_ellipse(const std::vector<WeightedPoint>& points) {
  Matrix s1 = {}, s2 = {}, s3 = {};
  for (const auto& [x, y, weight] : points) {
    const Row quadratic = {x * x, x * y, y * y}, linear = {x, y, 1};
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        s1[i][j] += weight * quadratic[i] * quadratic[j];
        s2[i][j] += weight * quadratic[i] * linear[j];
        s3[i][j] += weight * linear[i] * linear[j];
      }
  }
  const std::optional<Matrix> s3_inverse = inverse(s3);
  if (!s3_inverse) return {};
  Matrix t = product(*s3_inverse, transposed(s2));
  for (Row& row : t)
    for (double& value : row) value = -value;
  Matrix m = product(s2, t);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) m[i][j] += s1[i][j];
  Matrix constrained;
  for (int j = 0; j < 3; ++j) {
    constrained[0][j] = m[2][j] / 2;
    constrained[1][j] = -m[1][j];
    constrained[2][j] = m[0][j] / 2;
  }
  const double trace = constrained[0][0] + constrained[1][1] + constrained[2][2];
  const auto& c = constrained;
  const double minors = c[0][0] * c[1][1] - c[0][1] * c[1][0] + c[0][0] * c[2][2] - c[0][2] * c[2][0] +
                        c[1][1] * c[2][2] - c[1][2] * c[2][1];
  const Roots roots = cubic_roots(-trace, minors, -dot(c[0], cross(c[1], c[2])));
  for (int k = 0; k < roots.count; ++k) {
    const Row v = eigenvector(constrained, roots.values[k]);
    if (4 * v[0] * v[2] - v[1] * v[1] > 0) return to_ellipse(v, {dot(t[0], v), dot(t[1], v), dot(t[2], v)});
  }
  return {};
}

}  // namespace cupcheck

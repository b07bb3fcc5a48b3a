#include "rim.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fit-ellipse.h"
#include "rays.h"
#include "rings.h"

namespace cupcheck {
namespace {

constexpr int kRays = 96;
/** An outline that is as clear as this share of the clearest and larger is the rim; the clearest is a ring inside it. */
constexpr double kOuterShare = 0.76;
/** An edge of this share of the usual strength counts in full: a rim may be fainter than what is struck inside it. */
constexpr double kEnough = 0.6;
constexpr double kMinEdges = kRays / 4;
/** The detector's radius is wrong by about this share; an outline is doubted the more it differs. */
constexpr double kRadiusDoubt = 0.15;
/** Items lie flat, or all their rings are tilted alike: an outline whose axes differ by more than this share is doubted, … */
constexpr double kFlat = 0.01;
/** … and loses so many times the rest of it. */
constexpr double kTiltDoubt = 4;

/** How far points lie outside an outline, along the ray from its centre. */
class Off {
 public:
  explicit Off(const Ellipse& outline)
      : outline_(outline),
        a_(outline.major / 2),
        b_(outline.minor / 2),
        cos_(std::cos(outline.angle)),
        sin_(std::sin(outline.angle)) {}

  double operator()(const EdgePoint& edge) const {
    const double dx = edge.x - outline_.cx, dy = edge.y - outline_.cy;
    const double distance = std::sqrt(dx * dx + dy * dy);
    if (distance == 0) return -a_;
    const double along = (dx * cos_ + dy * sin_) / distance, across = (dy * cos_ - dx * sin_) / distance;
    const double radius = a_ * b_ / std::sqrt(b_ * b_ * along * along + a_ * a_ * across * across);
    return distance - radius;
  }

 private:
  Ellipse outline_;
  double a_, b_, cos_, sin_;
};

/** On each ray the clearest edge within `tolerance` pixels of the outline: strong, and near it. */
Edges edges_on(const Edges& edges, const Ellipse& outline, double tolerance) {
  const Off off_of(outline);
  std::array<const EdgePoint*, kRays> clearest = {};
  std::array<double, kRays> clarities = {};
  for (const EdgePoint& edge : edges) {
    const double off = std::fabs(off_of(edge)) / tolerance;
    const double clarity = edge.strength * (1 - off * off);
    if (!(off < 1 && clarity > clarities[edge.ray])) continue;
    clearest[edge.ray] = &edge;
    clarities[edge.ray] = clarity;
  }
  Edges on;
  for (const EdgePoint* edge : clearest)
    if (edge != nullptr) on.push_back(*edge);
  return on;
}

/** The value under which `share` of them lie; 0 of none. */
double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto wanted = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), wanted, values.end());
  return *wanted;
}

/** The usual strength of a ray's strongest edge: a glint must not weigh more than an edge that is seen all around. */
double usual_strongest(const Edges& edges) {
  std::vector<double> strongest(kRays);
  for (const EdgePoint& edge : edges) strongest[edge.ray] = std::max(strongest[edge.ray], edge.strength);
  return quantile(std::move(strongest), 0.5);
}

/** Least squares on the edges near the outline, reweighted by their distance from it (Tukey's biweight). */
std::optional<Ellipse> refit(const Edges& edges, const Ellipse& outline, double tolerance) {
  const Edges near = edges_on(edges, outline, tolerance);
  if (static_cast<double>(near.size()) < kMinEdges) return {};
  const double unit = outline.major / 2;
  const Off off_of(outline);
  std::vector<WeightedPoint> points;
  for (const EdgePoint& edge : near) {
    const double off = off_of(edge) / tolerance;
    const double near_it = 1 - std::min(1.0, off * off);
    points.push_back({(edge.x - outline.cx) / unit, (edge.y - outline.cy) / unit, near_it * near_it * std::sqrt(edge.strength)});
  }
  const std::optional<Ellipse> fitted = fit_ellipse(points);
  if (!fitted) return {};
  const Ellipse ellipse = {outline.cx + fitted->cx * unit, outline.cy + fitted->cy * unit, fitted->major * unit,
                           fitted->minor * unit, fitted->angle};
  const bool plausible = ellipse.minor / ellipse.major > 0.85 && std::fabs(ellipse.major / outline.major - 1) < 0.15 &&
                         std::hypot(ellipse.cx - outline.cx, ellipse.cy - outline.cy) < 0.15 * unit;
  return plausible ? std::optional(ellipse) : std::nullopt;
}

/** An outline and how clear it is. */
struct Candidate {
  Ellipse outline;
  double clarity;
};

/**
 * The outline that edges near a ring lie on. Its clarity: the share of the rays that have a clear edge close to it, less where
 * its size is far from the detector's, or it is tilted.
 */
Candidate outline_about(const Edges& edges, const Circle& ring, double detected_radius, double limit) {
  Ellipse outline = {ring.cx, ring.cy, 2 * ring.radius, 2 * ring.radius, 0};
  for (const double share : {0.05, 0.035, 0.025, 0.02})
    outline = refit(edges, outline, std::max(2.0, share * ring.radius)).value_or(outline);
  double clarity = 0;
  for (const EdgePoint& edge : edges_on(edges, outline, std::max(1.5, 0.006 * outline.major)))
    clarity += std::min(1.0, edge.strength / (kEnough * limit)) / kRays;
  const double off = (outline.major / 2 / detected_radius - 1) / kRadiusDoubt;
  const double tilt = std::max(0.0, 1 - kFlat - outline.minor / outline.major);
  return {outline, clarity * std::exp(-off * off / 2) * (1 - kTiltDoubt * tilt)};
}

/**
 * The largest of the outlines that are about as clear as the clearest. An item ends with a step down into its contact shadow or
 * with a step up to a bright bottom, so either may be the rim; a ring that is made of both, or of the rim on one side and a
 * shadow's border on the other, is clear on fewer rays than the rim.
 */
std::optional<Ellipse> clearest_outline(const Edges& edges, const Circle& detected, double limit) {
  std::vector<Candidate> candidates;
  for (const Circle& ring : find_rings(edges, detected, limit, kEnough * limit))
    candidates.push_back(outline_about(edges, ring, detected.radius, limit));
  double most = 0;
  for (const Candidate& one : candidates) most = std::max(most, one.clarity);
  std::optional<Ellipse> best;
  for (const auto& [outline, clarity] : candidates)
    if (clarity > 0 && clarity >= kOuterShare * most && (!best || outline.major > best->major)) best = outline;
  return best;
}

Status check_circle(const Circle& circle) {
  const auto near = [](double value) { return std::isfinite(value) && std::fabs(value) <= 65536; };
  if (near(circle.cx) && near(circle.cy) && circle.radius >= 1 && circle.radius <= kMaxRadius) return {};
  return refuse("NATIVE_ARGUMENT", "a detection about (" + std::to_string(circle.cx) + ", " + std::to_string(circle.cy) +
                                       ") with a radius of " + std::to_string(circle.radius) +
                                       " pixels (centre within ±65536, radius 1 to 8192)");
}

}  // namespace

Status find_rim(const PixelView& picture, const Circle& detected, Rim* out) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (Status status = check_circle(detected); !status.ok()) return status;
  *out = {};
  const double radius = detected.radius, reach = 0.12 * radius;
  const Rays rays = {detected.cx, detected.cy, radius * (1 - kRadiusSlack) - reach, radius * (1 + kRadiusSlack) + reach, kRays};
  const Edges edges = edges_along_rays(picture, rays);
  if (static_cast<double>(edges.size()) < kMinEdges) return {};
  const double limit = usual_strongest(edges);
  const std::optional<Ellipse> outline = clearest_outline(edges, detected, limit);
  if (!outline) return {};
  const Edges on = edges_on(edges, *outline, std::max(2.0, 0.0125 * outline->major));
  std::vector<double> strengths, widths;
  for (const EdgePoint& edge : on) strengths.push_back(edge.strength);
  const double usual = quantile(std::move(strengths), 0.5);
  for (const EdgePoint& edge : on)
    if (edge.strength >= 0.25 * usual) widths.push_back(edge.width);
  if (widths.empty()) return {};
  const double seen = static_cast<double>(widths.size()) / kRays;
  *out = {true, *outline, seen, quantile(std::move(widths), 0.4)};
  return {};
}

}  // namespace cupcheck

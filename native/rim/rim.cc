#include "rim.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "fit-ellipse.h"
#include "rays.h"

namespace cupcheck {
namespace {

constexpr int kRays = 96;
/** The detector's radius is wrong by less than this share. */
constexpr double kRadiusSlack = 0.3;
/** A ring of edges with this share of the best ring's support and a larger radius is the rim; the best is a ring inside it. */
constexpr double kOuterShare = 0.5;
/** An edge of this share of the usual strength counts in full: a rim may be fainter than what is struck inside it. */
constexpr double kEnough = 0.6;
constexpr double kMinEdges = kRays / 4;

using Edges = std::vector<EdgePoint>;
using Bins = std::vector<double>;

/** An edge in the search for the centre, which goes over all of them some hundred times. */
struct Vote {
  double x;
  double y;
  /** Strength, no more than the usual. */
  double weight;
};
using Votes = std::vector<Vote>;

Vote vote_of(const EdgePoint& edge, double limit) { return {edge.x, edge.y, std::min(edge.strength, limit)}; }

/** Support of every radius about one centre: a histogram of edge strengths, each edge spread over ± `soft` pixels. */
void support_by_radius(const Votes& votes, double cx, double cy, double from, double soft, Bins& bins) {
  std::fill(bins.begin(), bins.end(), 0.0);
  const double last_bin = static_cast<double>(bins.size()) - 1;
  for (const auto& [x, y, weight] : votes) {
    const double at = std::sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy)) - from;
    const int last = static_cast<int>(std::min(last_bin, std::floor(at + soft)));
    for (int bin = static_cast<int>(std::max(0.0, std::ceil(at - soft))); bin <= last; ++bin)
      bins[bin] += weight * (1 - std::fabs(bin - at) / soft);
  }
}

double largest(const Bins& bins) { return std::max(0.0, *std::max_element(bins.begin(), bins.end())); }

Bins bins_for(double radius) { return Bins(static_cast<size_t>(std::ceil(radius * 2 * kRadiusSlack)) + 1); }

/** Hough search: the centre near `about` whose best radius has the most support. */
Circle find_centre(const Votes& votes, const Circle& about, double step, int steps) {
  const double from = about.radius * (1 - kRadiusSlack);
  Bins bins = bins_for(about.radius);
  Circle best = about;
  double most = -1;
  for (int iy = -steps; iy <= steps; ++iy)
    for (int ix = -steps; ix <= steps; ++ix) {
      const double cx = about.cx + ix * step, cy = about.cy + iy * step;
      support_by_radius(votes, cx, cy, from, std::max(1.5, step * 0.9), bins);
      const double support = largest(bins);
      if (support > most) {
        most = support;
        best = {cx, cy, about.radius};
      }
    }
  return best;
}

/** The last bin that is a peak of at least `least`; −1 without one. */
int outermost(const Bins& bins, double least) {
  const int count = static_cast<int>(bins.size());
  for (int bin = count - 1; bin >= 0; --bin) {
    const double before = bin > 0 ? bins[bin - 1] : 0, after = bin + 1 < count ? bins[bin + 1] : 0;
    if (bins[bin] >= least && bins[bin] > before && bins[bin] >= after) return bin;
  }
  return -1;
}

/**
 * Radius of the outermost clear ring of edges that step the same way: an item ends with a step down into its contact
 * shadow or with a step up to a bright bottom, and the edges of the two ways must not be taken for one ring.
 * Tried and worse on composed cups: a prior about the detector's radius, and the middle of a thin dark line.
 */
double find_ring(const Edges& edges, const Circle& centre, double limit) {
  const double from = centre.radius * (1 - kRadiusSlack);
  Bins rings[2] = {bins_for(centre.radius), bins_for(centre.radius)};
  for (const bool rises : {true, false}) {
    Votes way;
    for (const EdgePoint& edge : edges)
      if (edge.rises == rises) way.push_back(vote_of(edge, kEnough * limit));
    support_by_radius(way, centre.cx, centre.cy, from, std::max(2.0, 0.02 * centre.radius), rings[rises]);
  }
  const double least = kOuterShare * std::max(largest(rings[0]), largest(rings[1]));
  return from + std::max(outermost(rings[0], least), outermost(rings[1], least));
}

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
  Votes votes;
  for (const EdgePoint& edge : edges) votes.push_back(vote_of(edge, limit));
  const Circle coarse = find_centre(votes, detected, 0.04 * radius, 3);
  const Circle centre = find_centre(votes, coarse, 0.0133 * radius, 2);
  const double ring = find_ring(edges, centre, limit);
  Ellipse outline = {centre.cx, centre.cy, 2 * ring, 2 * ring, 0};
  for (const double share : {0.05, 0.035, 0.025, 0.02})
    outline = refit(edges, outline, std::max(2.0, share * ring)).value_or(outline);
  const Edges on = edges_on(edges, outline, std::max(2.0, 0.025 * ring));
  std::vector<double> strengths, widths;
  for (const EdgePoint& edge : on) strengths.push_back(edge.strength);
  const double usual = quantile(std::move(strengths), 0.5);
  for (const EdgePoint& edge : on)
    if (edge.strength >= 0.25 * usual) widths.push_back(edge.width);
  if (widths.empty()) return {};
  const double seen = static_cast<double>(widths.size()) / kRays;
  *out = {true, outline, seen, quantile(std::move(widths), 0.4)};
  return {};
}

}  // namespace cupcheck

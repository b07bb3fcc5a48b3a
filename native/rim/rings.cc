#include "rings.h"

#include <algorithm>
#include <cmath>

namespace cupcheck {
namespace {

/** A ring of this share of the clearest one's support may be the rim. */
constexpr double kClearShare = 0.4;

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

Votes votes_of(const Edges& edges, double limit) {
  Votes votes;
  for (const EdgePoint& edge : edges) votes.push_back(vote_of(edge, limit));
  return votes;
}

/** The peaks of the support by radius, as circles. */
void add_rings(const Bins& bins, const Circle& centre, double from, std::vector<Circle>* out) {
  const double least = kClearShare * largest(bins);
  const int count = static_cast<int>(bins.size());
  for (int bin = 0; bin < count; ++bin) {
    const double before = bin > 0 ? bins[bin - 1] : 0, after = bin + 1 < count ? bins[bin + 1] : 0;
    if (bins[bin] >= least && bins[bin] > before && bins[bin] >= after) out->push_back({centre.cx, centre.cy, from + bin});
  }
}

}  // namespace

std::vector<Circle> find_rings(const Edges& edges, const Circle& detected, double centre_limit, double ring_limit) {
  Edges ways[2];
  for (const EdgePoint& edge : edges) ways[edge.rises].push_back(edge);
  const double radius = detected.radius, from = radius * (1 - kRadiusSlack);
  const Votes steps[2] = {votes_of(ways[0], ring_limit), votes_of(ways[1], ring_limit)};
  std::vector<Circle> rings;
  Bins bins = bins_for(radius);
  for (const Edges& agreeing : ways) {
    const Votes votes = votes_of(agreeing, centre_limit);
    const Circle coarse = find_centre(votes, detected, 0.04 * radius, 3);
    const Circle centre = find_centre(votes, coarse, 0.0133 * radius, 2);
    for (const Votes& way : steps) {
      support_by_radius(way, centre.cx, centre.cy, from, std::max(2.0, 0.02 * radius), bins);
      add_rings(bins, centre, from, &rings);
    }
  }
  return rings;
}

}  // namespace cupcheck

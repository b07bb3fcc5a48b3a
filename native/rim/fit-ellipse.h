#pragma once

#include <optional>
#include <vector>

#include "../ellipse.h"

namespace cupcheck {

struct WeightedPoint {
  double x;
  double y;
  double weight;
};

/**
 * The ellipse of least algebraic distance through weighted points: the direct fit of Fitzgibbon, Pilu and Fisher (1999)
 * in the numerically stable form of Halíř and Flusser (1998). Points are best about the origin and of the order of 1.
 * Nothing where they lie on no ellipse.
 */
std::optional<Ellipse> fit_ellipse(const std::vector<WeightedPoint>& points);

}  // namespace cupcheck

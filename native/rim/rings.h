#pragma once

#include <vector>

#include "rays.h"
#include "rim.h"

namespace cupcheck {

using Edges = std::vector<EdgePoint>;

/** The detector's radius is wrong by less than this share. */
constexpr double kRadiusSlack = 0.3;

/**
 * Every ring of edges about the detection that may be an item's rim: clear circles of edges that step the same way, about the
 * centre that the brightening edges agree on and about that of the darkening ones. All edges together often agree on a centre
 * between that of the rim and that of its shadow's border.
 * `centre_limit`, `ring_limit`: the strength over which an edge weighs no more, in the search for centre and for radius.
 */
std::vector<Circle> find_rings(const Edges& edges, const Circle& detected, double centre_limit, double ring_limit);

}  // namespace cupcheck

#pragma once

#include <vector>

#include "rim.h"

namespace cupcheck {

/**
 * `find_rim` for each of the items, side by side on the processor's threads; the result is the same whatever their number.
 * Errors: those of `find_rim`, the first item's of those that have one.
 */
Status find_rims(const PixelView& picture, const std::vector<Circle>& detected, std::vector<Rim>* out);

}  // namespace cupcheck

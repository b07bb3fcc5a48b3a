#pragma once

#include <vector>

#include "../crop-resize/crop-resize.h"

namespace cupcheck::test {

/**
 * What `crop_resize` must give, before rounding to the output's type: in double precision, straight from the definition.
 * Each output is a sum over every pixel of the frame, weighted by what the filter gives it. Slow: small frames only.
 */
std::vector<double> reference_crops(const CropJob& job);

}  // namespace cupcheck::test

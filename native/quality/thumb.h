#pragma once

#include "../pixels.h"

namespace cupcheck {

/**
 * The mean luma (BT.601) of each square of `shrink` × `shrink` pixels (1 or 8), `columns` × `rows` of them from the top
 * left; what is left over at the right and at the bottom does not count. Errors: NATIVE_ARGUMENT.
 */
Status thumb_of(const PixelView& picture, int shrink, int columns, int rows, float* out, size_t out_values);

/**
 * How much two thumbs differ: the mean difference of the block of 8 × 8 that differs most, in levels of 255, after a
 * common change of brightness (at most 15 %) is taken out. Blocks overlap by half. Errors: NATIVE_ARGUMENT.
 */
Status change_between(const float* a, const float* b, int columns, int rows, double* out);

}  // namespace cupcheck

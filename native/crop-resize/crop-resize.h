#pragma once

#include <cstddef>
#include <cstdint>

#include "../pixels.h"

namespace cupcheck {

struct CropShape {
  int width = 0;
  int height = 0;
  /** 3 or 1; RGB becomes grey by its BT.601 luma, grey becomes RGB by repeating it. */
  int channels = 0;
  float mean = 0;
  float std = 1;
  /** The value of what lies outside the picture, in pixel units. */
  float fill = 0;
};

constexpr int kMaxCropSide = 2048;
constexpr size_t kMaxBoxes = 256;
constexpr float kMaxBoxPx = 65536;

/**
 * Cuts `count` boxes (x, y, width, height in pixels, any part of which may leave the picture) and resizes each to
 * `shape`, by the mean over each output pixel where it shrinks and linearly where it enlarges, each axis for itself.
 * `out` takes count × channels × height × width values (pixel − mean) / std, planar.
 * Errors: NATIVE_ARGUMENT (a box, shape or length out of bounds, NaN); nothing is written then.
 */
Status crop_resize(const PixelView& picture, const float* boxes, size_t count, const CropShape& shape, float* out,
                   size_t out_values);

/** BT.601 luma, rounded, of an RGB picture (a copy of a grey one), `width` bytes a row. Errors: NATIVE_ARGUMENT. */
Status to_grey(const PixelView& picture, uint8_t* out, size_t out_bytes);

}  // namespace cupcheck

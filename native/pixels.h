#pragma once

#include <cstddef>
#include <cstdint>

#include "status.h"

namespace cupcheck {

/** Sides of a picture that we take, in pixels. */
constexpr int kMinSide = 64;
constexpr int kMaxSide = 8192;
constexpr int kMaxStride = 1 << 20;

/** Pixels that someone else owns: `height` rows of `stride` bytes, 3 (RGB, interleaved) or 1 (grey) bytes a pixel. */
struct PixelView {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
  int width = 0;
  int height = 0;
  int stride = 0;
  int channels = 0;
};

/** Sides 1 to 8192, stride and length enough for the rows. Errors: NATIVE_ARGUMENT. */
Status check_pixels(const PixelView& picture);

}  // namespace cupcheck

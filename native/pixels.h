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

/**
 * How a frame's bytes are laid out. The numbers cross the border to JavaScript.
 * YUYV: Y0 U Y1 V for each two pixels. NV12: `height` rows of Y, then height / 2 rows of U V pairs at the same stride.
 * Both are BT.601 in limited range (Y 16 to 235), as V4L2 cameras deliver them.
 */
enum class PixelFormat { kGrey = 1, kRgb = 3, kYuyv = 4, kNv12 = 5 };

/** A frame as a camera or a decoder delivers it; someone else owns it. */
struct FrameView {
  const uint8_t* data = nullptr;
  size_t bytes = 0;
  int width = 0;
  int height = 0;
  /** Bytes from one row to the next. */
  int stride = 0;
  PixelFormat format = PixelFormat::kGrey;
};

/** Sides 1 to 8192 (even where two pixels share a colour), stride and length enough. Errors: NATIVE_ARGUMENT. */
Status check_frame(const FrameView& frame);

/** Sides 1 to 8192, stride and length enough for the rows. Errors: NATIVE_ARGUMENT. */
Status check_pixels(const PixelView& picture);

}  // namespace cupcheck

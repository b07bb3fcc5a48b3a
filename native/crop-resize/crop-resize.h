#pragma once

#include <cstddef>
#include <cstdint>

#include "../pixels.h"
#include "paths.h"

namespace cupcheck {

/** What each crop becomes. */
struct CropShape {
  int width = 0;
  int height = 0;
  /** 3 or 1; colours become grey by their BT.601 luma, grey becomes RGB by repeating it. */
  int channels = 0;
  /** Stored is (pixel − mean) / std, for each channel; with one channel the first counts. */
  float mean[3] = {0, 0, 0};
  float std[3] = {1, 1, 1};
  /** The colour of what lies outside the picture, outside a padded box and outside the disc, in pixel units (RGB). */
  float fill[3] = {0, 0, 0};
  /** Above 0: what lies outside a centred disc of this diameter, in crop pixels, is `fill`. A pixel's centre decides. */
  double disc_px = 0;
};

/** 4 values a box (x, y, width, height), or 5 (centre x, centre y, width, height, angle in radians from x towards y). */
enum class BoxKind { kUpright = 0, kRotated = 1 };

/** What becomes of a box that is no square: stretched; its short side takes more of the picture; or is padded with fill. */
enum class Squaring { kStretch = 0, kGrow = 1, kPad = 2 };

/** float32; IEEE half precision; or a byte, rounded and clamped to 0…255. */
enum class ValueType { kFloat32 = 0, kFloat16 = 1, kUint8 = 2 };

struct CropJob {
  FrameView frame;
  /** `box_values` of them, 4 or 5 for each box. */
  const float* boxes = nullptr;
  size_t box_values = 0;
  BoxKind kind = BoxKind::kUpright;
  Squaring squaring = Squaring::kStretch;
  CropShape shape;
  CropPath path = CropPath::kFastest;
  /** boxes × channels × height × width values, planar. */
  void* out = nullptr;
  size_t out_values = 0;
  ValueType type = ValueType::kFloat32;
};

constexpr int kMaxCropSide = 2048;
constexpr size_t kMaxBoxes = 256;
constexpr float kMaxBoxPx = 65536;
/** A rotated box takes ceil(side / crop side)² samples a value: this bounds them. */
constexpr int kMaxRotatedShrink = 32;

/**
 * Cuts boxes, any part of which may leave the picture, out of a frame and resizes each to `shape`.
 *
 * Upright boxes, each axis for itself: where the box shrinks, the exact mean over each output's span, fractional ends
 * included; where it grows, linear between pixel centres. Rotated boxes: the mean of kx × ky bilinear samples on an even
 * grid within each output pixel, k = ceil(box side / crop side). A YUV frame is filtered as it is, each pixel with the
 * colour of its pair, and the result converted and clamped.
 *
 * Working memory belongs to the calling thread: it grows to what the largest call needed (under 3 MiB), and a call that
 * needs no more allocates nothing.
 * Errors: NATIVE_ARGUMENT (a box, shape or length out of bounds, NaN, a path that this CPU lacks); nothing is written then.
 */
Status crop_resize(const CropJob& job);

/** What `crop_resize` would refuse, without doing anything. */
Status check_crops(const CropJob& job);

/** BT.601 luma, rounded, of an RGB picture (a copy of a grey one), `width` bytes a row. Errors: NATIVE_ARGUMENT. */
Status to_grey(const PixelView& picture, uint8_t* out, size_t out_bytes);

}  // namespace cupcheck

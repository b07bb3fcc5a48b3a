#pragma once

#include <cstdint>

namespace cupcheck {

/** Which machine code does the work. The numbers cross the border to JavaScript. */
enum class CropPath { kFastest = 0, kScalar = 1, kAvx2 = 2, kNeon = 3 };

/** One line of samples through a frame, for rotated boxes: `outputs` times `per_output` samples, `step` apart. */
struct SampleLine {
  /** First sample, in pixels, where pixel i reaches from i to i + 1. */
  double x = 0;
  double y = 0;
  double step_x = 0;
  double step_y = 0;
  int per_output = 1;
  /** Samples from `first` to before `last` count; the others are fill. */
  int first = 0;
  int last = 0;
};

/**
 * The steps of the work on one row, done once for each path. A row of colours is held as quads: four floats a pixel
 * (three channels, and a spare). Buffers named `values`, `quads` and `planes` may be written up to 8 pixels past the end.
 */
struct RowSteps {
  const char* name;

  /**
   * quads[i] (+)= Σ weights[r] × rows[r][i], for 1 to 4 rows of `pixels` pixels, of which nothing past the end is read.
   * YUYV rows begin at an even pixel, and `pixels` is even; both pixels of a pair get its colour.
   */
  void (*blend_rgb)(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads);
  void (*blend_yuyv)(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads);
  void (*blend_grey)(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* values);

  /**
   * planes[c × plane + x] = offset[c] + Σ weight k of output x × quads[starts[x] + k], for outputs from `from` to before
   * `to`. `weights` hold `taps` (even) quads an output, a value for each channel. Tables reach 8 outputs past the end.
   * Outputs are made 8 at a time: what lies past `to`, to the next multiple of 8 from `from`, is written too.
   */
  void (*across_quads)(const float* quads, const int* starts, const float* weights, int taps, int from, int to,
                       const float* offset, float* planes, int plane);
  /** The same for one channel; `weights` hold `taps` (a multiple of 4) values an output. */
  void (*across_grey)(const float* values, const int* starts, const float* weights, int taps, int from, int to,
                      float* out);

  /** quads[sample / per_output] += the bilinear sample of an RGB frame (whole pixels within it, and their sum of weights). */
  void (*sample_rgb)(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads);
  void (*sample_grey)(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads);
  void (*sample_yuyv)(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads);
  void (*sample_nv12)(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads);
  /** Four planes out of `count` quads, times `scale`. */
  void (*split_quads)(const float* quads, float scale, int count, float* planes, int plane);

  /** BT.601, limited range, clamped; `inside` is the share of each value that comes from the picture. */
  void (*yuv_to_rgb)(float* planes, int plane, const float* inside, int count);
  void (*y_to_grey)(float* values, const float* inside, int count);
  /** values += (1 − inside) × fill */
  void (*add_fill)(float* values, const float* inside, float fill, int count);
  /** The first plane becomes the luma of three. */
  void (*mix_luma)(float* planes, int plane, int count);

  /** (values − mean) × scale, stored as … ; nothing past `count` is written. */
  void (*store_float32)(const float* values, float mean, float scale, int count, float* out);
  void (*store_float16)(const float* values, float mean, float scale, int count, uint16_t* out);
  void (*store_uint8)(const float* values, float mean, float scale, int count, uint8_t* out);
};

/** The steps of one path, or null where this CPU (or this build) lacks it. `kFastest` is always there. */
const RowSteps* row_steps(CropPath path);

}  // namespace cupcheck

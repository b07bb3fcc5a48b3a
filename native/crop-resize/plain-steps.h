#pragma once

// The steps in plain C++. Each path's file includes them for itself and compiles them with its own flags, so that
// the compiler's vectors are the path's too; all is in an unnamed namespace, so that the linker can't mix them up.
// No header of the standard library's with functions of its own: the linker keeps one copy of those for all paths.

#include <cstddef>
#include <cstdint>

#include "paths.h"

namespace cupcheck {
namespace {

// ITU-R BT.601.
constexpr float kRedLuma = 0.299f;
constexpr float kGreenLuma = 0.587f;
constexpr float kBlueLuma = 0.114f;
// Limited range: Y from 16 to 235, U and V from 16 to 240 about 128.
constexpr float kFromY = 255.0f / 219;
constexpr float kFromUv = 255.0f / 112;
constexpr float kRedV = kFromUv * (1 - kRedLuma);
constexpr float kBlueU = kFromUv * (1 - kBlueLuma);
constexpr float kGreenU = -kBlueU * kBlueLuma / kGreenLuma;
constexpr float kGreenV = -kRedV * kRedLuma / kGreenLuma;

inline float within(float value, float high) {
  value = value > 0 ? value : 0;
  return value < high ? value : high;
}

[[maybe_unused]] void blend_grey(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels,
                                 float* values) {
  if (!add)
    for (int i = 0; i < pixels; ++i) values[i] = 0;
  for (int r = 0; r < count; ++r) {
    const uint8_t* row = rows[r];
    const float weight = weights[r];
    for (int i = 0; i < pixels; ++i) values[i] += weight * static_cast<float>(row[i]);
  }
}

/** From pixel `begin` on, for the pixels that fill no whole vector. */
[[maybe_unused]] void blend_rgb_from(int begin, const uint8_t* const* rows, const float* weights, int count, bool add,
                                     int pixels, float* quads) {
  for (int i = begin; i < pixels; ++i)
    for (int c = 0; c < 4; ++c) {
      float sum = add ? quads[4 * i + c] : 0;
      for (int r = 0; r < count && c < 3; ++r) sum += weights[r] * static_cast<float>(rows[r][3 * i + c]);
      quads[4 * i + c] = sum;
    }
}

[[maybe_unused]] void blend_yuyv_from(int begin, const uint8_t* const* rows, const float* weights, int count, bool add,
                                      int pixels, float* quads) {
  for (int i = begin; i < pixels; ++i) {
    const int at[3] = {2 * i, 4 * (i / 2) + 1, 4 * (i / 2) + 3};
    for (int c = 0; c < 4; ++c) {
      float sum = add ? quads[4 * i + c] : 0;
      for (int r = 0; r < count && c < 3; ++r) sum += weights[r] * static_cast<float>(rows[r][at[c]]);
      quads[4 * i + c] = sum;
    }
  }
}

[[maybe_unused]] void across_grey(const float* values, const int* starts, const float* weights, int taps, int from,
                                  int to, float* out) {
  for (int x = from; x < to; ++x) {
    float sum = 0;
    for (int k = 0; k < taps; ++k) sum += weights[x * taps + k] * values[starts[x] + k];
    out[x] = sum;
  }
}

/** The four pixels about a sample, and their shares. */
struct Corners {
  int x;
  int y;
  float shares[4];
};

inline Corners corners_of(const SampleLine& line, int sample) {
  const double x = line.x + sample * line.step_x - 0.5;
  const double y = line.y + sample * line.step_y - 0.5;
  const int left = x < 0 ? -1 - static_cast<int>(-x) : static_cast<int>(x);
  const int top = y < 0 ? -1 - static_cast<int>(-y) : static_cast<int>(y);
  const float right_share = static_cast<float>(x - left);
  const float lower_share = static_cast<float>(y - top);
  return {left, top, {(1 - right_share) * (1 - lower_share), right_share * (1 - lower_share),
                      (1 - right_share) * lower_share, right_share * lower_share}};
}

struct SampleRange {
  int from;
  int to;
};

/** Narrows the range to the samples at start + i × step from `low` to `high`. */
inline void narrow(double start, double step, double low, double high, SampleRange* range) {
  const auto fits = [=](int sample) {
    const double at = start + sample * step;
    return low <= at && at <= high;
  };
  if (step != 0) {
    const double one = (low - start) / step, other = (high - start) / step;
    const double from = one < other ? one : other, to = one < other ? other : one;
    if (from > range->from) range->from = from < range->to ? static_cast<int>(from) : range->to;
    if (to < range->to - 1) range->to = to < range->from ? range->from : static_cast<int>(to) + 1;
  }
  // The quotients are rounded: what counts is the place itself, and it moves one way only.
  while (range->from < range->to && !fits(range->from)) ++range->from;
  while (range->from < range->to && !fits(range->to - 1)) --range->to;
}

/**
 * The samples of a line whose four pixels lie within the frame, with one more pixel to the right of them, so that
 * 8 bytes of RGB can be read at once. A margin makes up for places that another path rounds differently.
 */
inline SampleRange inner_samples(const SampleLine& line, int width, int height) {
  constexpr double kMargin = 1e-6;
  SampleRange range = {line.first, line.last};
  narrow(line.x, line.step_x, 0.5 + kMargin, width - 1.5 - kMargin, &range);
  narrow(line.y, line.step_y, 0.5 + kMargin, height - 0.5 - kMargin, &range);
  return range;
}

/** Calls `each(sample, quad)` for the samples of a range. */
template <typename Each>
inline void for_samples(const SampleLine& line, SampleRange range, float* quads, Each each) {
  int output = range.from / line.per_output;
  int left = line.per_output - range.from % line.per_output;
  for (int sample = range.from; sample < range.to; ++sample) {
    each(sample, quads + 4 * output);
    if (--left > 0) continue;
    left = line.per_output;
    ++output;
  }
}

/** Samples near or beyond a border. `pixel_at(x, y, channels)` gives the three channels of a pixel within the frame. */
template <typename PixelAt>
inline void sample_border(int width, int height, const SampleLine& line, SampleRange range, float* quads,
                          PixelAt pixel_at) {
  for_samples(line, range, quads, [=, &line](int sample, float* quad) {
    const Corners corners = corners_of(line, sample);
    for (int i = 0; i < 4; ++i) {
      const int x = corners.x + i % 2;
      const int y = corners.y + i / 2;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      float channels[3];
      pixel_at(x, y, channels);
      for (int c = 0; c < 3; ++c) quad[c] += corners.shares[i] * channels[c];
      quad[3] += corners.shares[i];
    }
  });
}

template <typename PixelAt>
inline void sample_line(int width, int height, const SampleLine& line, float* quads, PixelAt pixel_at) {
  const SampleRange inner = inner_samples(line, width, height);
  sample_border(width, height, line, {line.first, inner.from}, quads, pixel_at);
  for_samples(line, inner, quads, [=, &line](int sample, float* quad) {
    const Corners corners = corners_of(line, sample);
    float channels[4][3];
    for (int i = 0; i < 4; ++i) pixel_at(corners.x + i % 2, corners.y + i / 2, channels[i]);
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < 4; ++i) quad[c] += corners.shares[i] * channels[i][c];
    quad[3] += 1;
  });
  sample_border(width, height, line, {inner.to, line.last}, quads, pixel_at);
}

inline auto rgb_pixels(const uint8_t* data, int stride) {
  return [=](int x, int y, float* channels) {
    const uint8_t* pixel = data + static_cast<size_t>(y) * stride + 3 * x;
    for (int c = 0; c < 3; ++c) channels[c] = pixel[c];
  };
}

[[maybe_unused]] void sample_rgb(const uint8_t* data, int width, int height, int stride, const SampleLine& line,
                                 float* quads) {
  sample_line(width, height, line, quads, rgb_pixels(data, stride));
}

[[maybe_unused]] void sample_grey(const uint8_t* data, int width, int height, int stride, const SampleLine& line,
                                  float* quads) {
  sample_line(width, height, line, quads, [=](int x, int y, float* channels) {
    channels[0] = data[static_cast<size_t>(y) * stride + x];
    channels[1] = channels[2] = 0;
  });
}

[[maybe_unused]] void sample_yuyv(const uint8_t* data, int width, int height, int stride, const SampleLine& line,
                                  float* quads) {
  sample_line(width, height, line, quads, [=](int x, int y, float* channels) {
    const uint8_t* row = data + static_cast<size_t>(y) * stride;
    const uint8_t* pair = row + 4 * (x / 2);
    channels[0] = row[2 * x];
    channels[1] = pair[1];
    channels[2] = pair[3];
  });
}

[[maybe_unused]] void sample_nv12(const uint8_t* data, int width, int height, int stride, const SampleLine& line,
                                  float* quads) {
  sample_line(width, height, line, quads, [=](int x, int y, float* channels) {
    const uint8_t* pair = data + static_cast<size_t>(height + y / 2) * stride + (x & ~1);
    channels[0] = data[static_cast<size_t>(y) * stride + x];
    channels[1] = pair[0];
    channels[2] = pair[1];
  });
}

[[maybe_unused]] void split_quads(const float* quads, float scale, int count, float* planes, int plane) {
  for (int i = 0; i < count; ++i)
    for (int c = 0; c < 4; ++c) planes[static_cast<size_t>(c) * plane + i] = scale * quads[4 * i + c];
}

[[maybe_unused]] void yuv_to_rgb(float* __restrict planes, int plane, const float* __restrict inside, int count) {
  float* __restrict first = planes;
  float* __restrict second = planes + plane;
  float* __restrict third = planes + 2 * static_cast<size_t>(plane);
  for (int i = 0; i < count; ++i) {
    const float share = inside[i];
    const float y = kFromY * (first[i] - 16 * share);
    const float u = second[i] - 128 * share;
    const float v = third[i] - 128 * share;
    first[i] = within(y + kRedV * v, 255 * share);
    second[i] = within(y + kGreenU * u + kGreenV * v, 255 * share);
    third[i] = within(y + kBlueU * u, 255 * share);
  }
}

[[maybe_unused]] void y_to_grey(float* __restrict values, const float* __restrict inside, int count) {
  for (int i = 0; i < count; ++i)
    values[i] = within(kFromY * (values[i] - 16 * inside[i]), 255 * inside[i]);
}

[[maybe_unused]] void add_fill(float* __restrict values, const float* __restrict inside, float fill, int count) {
  for (int i = 0; i < count; ++i) values[i] += (1 - inside[i]) * fill;
}

[[maybe_unused]] void mix_luma(float* __restrict planes, int plane, int count) {
  const float* __restrict second = planes + plane;
  const float* __restrict third = planes + 2 * static_cast<size_t>(plane);
  for (int i = 0; i < count; ++i)
    planes[i] = kRedLuma * planes[i] + kGreenLuma * second[i] + kBlueLuma * third[i];
}

[[maybe_unused]] void store_float32(const float* __restrict values, float mean, float scale, int count,
                                    float* __restrict out) {
  for (int i = 0; i < count; ++i) out[i] = (values[i] - mean) * scale;
}

[[maybe_unused]] void store_uint8(const float* __restrict values, float mean, float scale, int count,
                                  uint8_t* __restrict out) {
  for (int i = 0; i < count; ++i)
    out[i] = static_cast<uint8_t>(static_cast<int>(within((values[i] - mean) * scale, 255) + 0.5f));
}

/** IEEE 754 half precision, to the nearest, ties to even; as the hardware of the other paths does it. */
inline uint16_t half_of(float value) {
  union {
    float value;
    uint32_t bits;
  } as = {value};
  const uint32_t sign = (as.bits >> 16) & 0x8000;
  const uint32_t size = as.bits & 0x7fffffff;
  if (size > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  // 65520 and above round to infinity.
  if (size >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);
  if (size < 0x38800000) {
    // Below 2^-14 the half is a multiple of 2^-24: adding 0.5 puts that unit at the float's last bit.
    as.bits = size;
    as.value += 0.5f;
    return static_cast<uint16_t>(sign | (as.bits - 0x3f000000));
  }
  const uint32_t rounded = size + 0xfff + ((size >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

[[maybe_unused]] void store_float16(const float* values, float mean, float scale, int count, uint16_t* out) {
  for (int i = 0; i < count; ++i) out[i] = half_of((values[i] - mean) * scale);
}

}  // namespace
}  // namespace cupcheck

#include <arm_neon.h>

#include "plain-steps.h"

namespace cupcheck {
namespace {

// Where the bytes of four pixels lie in 16 bytes loaded at once; 255 makes a zero. Each 32-bit lane takes one byte.
#define CUPCHECK_QUAD(a, b, c) {a, 255, 255, 255, b, 255, 255, 255, c, 255, 255, 255, 255, 255, 255, 255}

struct Rgb {
  static constexpr int kBytesOfFour = 12;
  static constexpr auto kBlendFrom = blend_rgb_from;
  static constexpr uint8_t kPlaces[4][16] = {CUPCHECK_QUAD(0, 1, 2), CUPCHECK_QUAD(3, 4, 5), CUPCHECK_QUAD(6, 7, 8),
                                             CUPCHECK_QUAD(9, 10, 11)};
  static constexpr uint8_t kPlacesAtEnd[4][16] = {CUPCHECK_QUAD(4, 5, 6), CUPCHECK_QUAD(7, 8, 9),
                                                  CUPCHECK_QUAD(10, 11, 12), CUPCHECK_QUAD(13, 14, 15)};
};

struct Yuyv {
  static constexpr int kBytesOfFour = 8;
  static constexpr auto kBlendFrom = blend_yuyv_from;
  static constexpr uint8_t kPlaces[4][16] = {CUPCHECK_QUAD(0, 1, 3), CUPCHECK_QUAD(2, 1, 3), CUPCHECK_QUAD(4, 5, 7),
                                             CUPCHECK_QUAD(6, 5, 7)};
  static constexpr uint8_t kPlacesAtEnd[4][16] = {CUPCHECK_QUAD(8, 9, 11), CUPCHECK_QUAD(10, 9, 11),
                                                  CUPCHECK_QUAD(12, 13, 15), CUPCHECK_QUAD(14, 13, 15)};
};

#undef CUPCHECK_QUAD

/** Four pixels' sums, from the 16 bytes at `at` of each row. */
inline void blend_four(const uint8_t* const* rows, const float* weights, int count, size_t at, const uint8x16_t* places,
                       float32x4_t* sums) {
  for (int r = 0; r < count; ++r) {
    const uint8x16_t bytes = vld1q_u8(rows[r] + at);
    for (int i = 0; i < 4; ++i)
      sums[i] = vfmaq_n_f32(sums[i], vcvtq_f32_u32(vreinterpretq_u32_u8(vqtbl1q_u8(bytes, places[i]))), weights[r]);
  }
}

inline void load_sums(const float* quads, bool add, float32x4_t* sums) {
  for (int i = 0; i < 4; ++i) sums[i] = add ? vld1q_f32(quads + 4 * i) : vdupq_n_f32(0);
}

inline void store_sums(const float32x4_t* sums, float* quads) {
  for (int i = 0; i < 4; ++i) vst1q_f32(quads + 4 * i, sums[i]);
}

template <typename Layout>
void blend_rows(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads) {
  const size_t bytes = static_cast<size_t>(pixels) * Layout::kBytesOfFour / 4;
  // A row too short for one load.
  if (bytes < 16) return Layout::kBlendFrom(0, rows, weights, count, add, pixels, quads);
  uint8x16_t places[4], places_at_end[4];
  for (int i = 0; i < 4; ++i) {
    places[i] = vld1q_u8(Layout::kPlaces[i]);
    places_at_end[i] = vld1q_u8(Layout::kPlacesAtEnd[i]);
  }
  // The last four pixels come from the last 16 bytes and may overlap the ones before: what they add to is kept first.
  float* const end = quads + 4 * static_cast<size_t>(pixels - 4);
  float32x4_t end_sums[4], sums[4];
  load_sums(end, add, end_sums);
  float* out = quads;
  for (size_t at = 0; at + 16 <= bytes; at += Layout::kBytesOfFour, out += 16) {
    load_sums(out, add, sums);
    blend_four(rows, weights, count, at, places, sums);
    store_sums(sums, out);
  }
  // A pixel or two may lie between the last load and the last four.
  Layout::kBlendFrom(static_cast<int>(out - quads) / 4, rows, weights, count, add, pixels - 4, quads);
  blend_four(rows, weights, count, bytes - 16, places_at_end, end_sums);
  store_sums(end_sums, end);
}

void across_quads(const float* quads, const int* starts, const float* weights, int taps, int from, int to,
                  const float* offset, float* planes, int plane) {
  for (int x = from; x < to; x += 4) {
    float pixels[16];
    for (int i = 0; i < 4; ++i) {
      const float* source = quads + 4 * static_cast<size_t>(starts[x + i]);
      const float* shares = weights + 4 * static_cast<size_t>(x + i) * taps;
      float32x4_t even = vfmaq_f32(vld1q_f32(offset), vld1q_f32(source), vld1q_f32(shares));
      float32x4_t odd = vmulq_f32(vld1q_f32(source + 4), vld1q_f32(shares + 4));
      for (int k = 2; k < taps; k += 2) {
        even = vfmaq_f32(even, vld1q_f32(source + 4 * k), vld1q_f32(shares + 4 * k));
        odd = vfmaq_f32(odd, vld1q_f32(source + 4 * k + 4), vld1q_f32(shares + 4 * k + 4));
      }
      vst1q_f32(pixels + 4 * i, vaddq_f32(even, odd));
    }
    const float32x4x4_t channels = vld4q_f32(pixels);
    for (int c = 0; c < 3; ++c) vst1q_f32(planes + static_cast<size_t>(c) * plane + x, channels.val[c]);
  }
}

void across_grey_vectors(const float* values, const int* starts, const float* weights, int taps, int from, int to,
                         float* out) {
  for (int x = from; x < to; ++x) {
    const float* source = values + starts[x];
    const float* shares = weights + static_cast<size_t>(x) * taps;
    float32x4_t sum = vmulq_f32(vld1q_f32(source), vld1q_f32(shares));
    for (int k = 4; k < taps; k += 4) sum = vfmaq_f32(sum, vld1q_f32(source + k), vld1q_f32(shares + k));
    out[x] = vaddvq_f32(sum);
  }
}

void store_halves(const float* values, float mean, float scale, int count, uint16_t* out) {
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const float32x4_t scaled = vmulq_n_f32(vsubq_f32(vld1q_f32(values + i), vdupq_n_f32(mean)), scale);
    vst1_u16(out + i, vreinterpret_u16_f16(vcvt_f16_f32(scaled)));
  }
  store_float16(values + i, mean, scale, count - i, out + i);
}

void sample_rgb_vectors(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads) {
  const SampleRange inner = inner_samples(line, width, height);
  sample_border(width, height, line, {line.first, inner.from}, quads, rgb_pixels(data, stride));
  const uint8x16_t left = vld1q_u8(Rgb::kPlaces[0]), right = vld1q_u8(Rgb::kPlaces[1]);
  const auto spread = [](uint8x16_t bytes, uint8x16_t places) {
    return vcvtq_f32_u32(vreinterpretq_u32_u8(vqtbl1q_u8(bytes, places)));
  };
  for_samples(line, inner, quads, [=, &line](int sample, float* quad) {
    const Corners corners = corners_of(line, sample);
    const uint8_t* pixel = data + static_cast<size_t>(corners.y) * stride + 3 * corners.x;
    const uint8x16_t upper = vcombine_u8(vld1_u8(pixel), vdup_n_u8(0));
    const uint8x16_t lower = vcombine_u8(vld1_u8(pixel + stride), vdup_n_u8(0));
    float32x4_t sum = vld1q_f32(quad);
    sum = vfmaq_n_f32(sum, spread(upper, left), corners.shares[0]);
    sum = vfmaq_n_f32(sum, spread(upper, right), corners.shares[1]);
    sum = vfmaq_n_f32(sum, spread(lower, left), corners.shares[2]);
    sum = vfmaq_n_f32(sum, spread(lower, right), corners.shares[3]);
    vst1q_f32(quad, vsetq_lane_f32(vgetq_lane_f32(sum, 3) + 1, sum, 3));
  });
  sample_border(width, height, line, {inner.to, line.last}, quads, rgb_pixels(data, stride));
}

constexpr RowSteps kSteps = {"neon",      blend_rows<Rgb>, blend_rows<Yuyv>,   blend_grey,  across_quads, across_grey_vectors,
                             sample_rgb_vectors, sample_grey, sample_yuyv,  sample_nv12, split_quads,  yuv_to_rgb,
                             y_to_grey,   add_fill,    mix_luma,     store_float32, store_halves, store_uint8};

}  // namespace

const RowSteps* neon_steps();
const RowSteps* neon_steps() { return &kSteps; }

}  // namespace cupcheck

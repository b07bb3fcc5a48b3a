#include "plain-steps.h"

namespace cupcheck {
namespace {

void blend_rgb(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads) {
  blend_rgb_from(0, rows, weights, count, add, pixels, quads);
}

void blend_yuyv(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads) {
  blend_yuyv_from(0, rows, weights, count, add, pixels, quads);
}

void across_quads(const float* quads, const int* starts, const float* weights, int taps, int from, int to,
                  const float* offset, float* planes, int plane) {
  for (int x = from; x < to; ++x) {
    const float* source = quads + 4 * static_cast<size_t>(starts[x]);
    const float* shares = weights + 4 * static_cast<size_t>(x) * taps;
    float sums[3] = {offset[0], offset[1], offset[2]};
    for (int k = 0; k < taps; ++k)
      for (int c = 0; c < 3; ++c) sums[c] += shares[4 * k + c] * source[4 * k + c];
    for (int c = 0; c < 3; ++c) planes[static_cast<size_t>(c) * plane + x] = sums[c];
  }
}

constexpr RowSteps kSteps = {"scalar",    blend_rgb,   blend_yuyv,  blend_grey, across_quads,  across_grey,   sample_rgb,
                             sample_grey, sample_yuyv, sample_nv12, split_quads, yuv_to_rgb,   y_to_grey,     add_fill,
                             mix_luma,    store_float32, store_float16, store_uint8};

}  // namespace

const RowSteps* scalar_steps();
const RowSteps* scalar_steps() { return &kSteps; }

}  // namespace cupcheck

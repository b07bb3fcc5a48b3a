// Compiled with -mavx2 -mfma -mf16c, and called only where the CPU has them.
#include <immintrin.h>

#include "plain-steps.h"

namespace cupcheck {
namespace {

// Where the bytes of four pixels lie in 16 bytes loaded at once; -1 makes a zero. Each 32-bit lane takes one byte.
#define CUPCHECK_QUAD(a, b, c) a, -1, -1, -1, b, -1, -1, -1, c, -1, -1, -1, -1, -1, -1, -1

struct Rgb {
  static constexpr int kBytesOfFour = 12;
  static constexpr auto kBlendFrom = blend_rgb_from;
  static __m256i first_two(bool at_end) {
    return at_end ? _mm256_setr_epi8(CUPCHECK_QUAD(4, 5, 6), CUPCHECK_QUAD(7, 8, 9))
                  : _mm256_setr_epi8(CUPCHECK_QUAD(0, 1, 2), CUPCHECK_QUAD(3, 4, 5));
  }
  static __m256i last_two(bool at_end) {
    return at_end ? _mm256_setr_epi8(CUPCHECK_QUAD(10, 11, 12), CUPCHECK_QUAD(13, 14, 15))
                  : _mm256_setr_epi8(CUPCHECK_QUAD(6, 7, 8), CUPCHECK_QUAD(9, 10, 11));
  }
};

struct Yuyv {
  static constexpr int kBytesOfFour = 8;
  static constexpr auto kBlendFrom = blend_yuyv_from;
  static __m256i first_two(bool at_end) {
    return at_end ? _mm256_setr_epi8(CUPCHECK_QUAD(8, 9, 11), CUPCHECK_QUAD(10, 9, 11))
                  : _mm256_setr_epi8(CUPCHECK_QUAD(0, 1, 3), CUPCHECK_QUAD(2, 1, 3));
  }
  static __m256i last_two(bool at_end) {
    return at_end ? _mm256_setr_epi8(CUPCHECK_QUAD(12, 13, 15), CUPCHECK_QUAD(14, 13, 15))
                  : _mm256_setr_epi8(CUPCHECK_QUAD(4, 5, 7), CUPCHECK_QUAD(6, 5, 7));
  }
};

#undef CUPCHECK_QUAD

inline __m256 spread(__m256i bytes, __m256i places) {
  return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places));
}

/** Four pixels' sums, from the 16 bytes at `at` of each row. */
template <int Rows>
inline void blend_four(const uint8_t* const* rows, size_t at, const __m256* weights, __m256i first_two,
                       __m256i last_two, __m256* low, __m256* high) {
  for (int r = 0; r < Rows; ++r) {
    const __m256i bytes =
        _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[r] + at)));
    *low = _mm256_fmadd_ps(spread(bytes, first_two), weights[r], *low);
    *high = _mm256_fmadd_ps(spread(bytes, last_two), weights[r], *high);
  }
}

template <typename Layout, int Rows>
void blend(const uint8_t* const* rows, const float* weights, bool add, int pixels, float* quads) {
  const size_t bytes = static_cast<size_t>(pixels) * Layout::kBytesOfFour / 4;
  // A row too short for one load.
  if (bytes < 16) return Layout::kBlendFrom(0, rows, weights, Rows, add, pixels, quads);
  __m256 shares[Rows];
  for (int r = 0; r < Rows; ++r) shares[r] = _mm256_set1_ps(weights[r]);
  const __m256 zero = _mm256_setzero_ps();
  // The last four pixels come from the last 16 bytes and may overlap the ones before: what they add to is kept first.
  float* const end = quads + 4 * static_cast<size_t>(pixels - 4);
  __m256 end_low = add ? _mm256_loadu_ps(end) : zero;
  __m256 end_high = add ? _mm256_loadu_ps(end + 8) : zero;
  const __m256i first_two = Layout::first_two(false), last_two = Layout::last_two(false);
  float* out = quads;
  for (size_t at = 0; at + 16 <= bytes; at += Layout::kBytesOfFour, out += 16) {
    __m256 low = add ? _mm256_loadu_ps(out) : zero;
    __m256 high = add ? _mm256_loadu_ps(out + 8) : zero;
    blend_four<Rows>(rows, at, shares, first_two, last_two, &low, &high);
    _mm256_storeu_ps(out, low);
    _mm256_storeu_ps(out + 8, high);
  }
  // A pixel or two may lie between the last load and the last four.
  Layout::kBlendFrom(static_cast<int>(out - quads) / 4, rows, weights, Rows, add, pixels - 4, quads);
  blend_four<Rows>(rows, bytes - 16, shares, Layout::first_two(true), Layout::last_two(true), &end_low, &end_high);
  _mm256_storeu_ps(end, end_low);
  _mm256_storeu_ps(end + 8, end_high);
}

template <typename Layout>
void blend_rows(const uint8_t* const* rows, const float* weights, int count, bool add, int pixels, float* quads) {
  switch (count) {
    case 1:
      return blend<Layout, 1>(rows, weights, add, pixels, quads);
    case 2:
      return blend<Layout, 2>(rows, weights, add, pixels, quads);
    case 3:
      return blend<Layout, 3>(rows, weights, add, pixels, quads);
    default:
      return blend<Layout, 4>(rows, weights, add, pixels, quads);
  }
}

/** Both halves of each added up: a in the low lane, b in the high one. */
inline __m256 fold(__m256 a, __m256 b) {
  return _mm256_add_ps(_mm256_blend_ps(a, b, 0xf0), _mm256_permute2f128_ps(a, b, 0x21));
}

/** Rows of quads to columns: channel c of quads 0…3 and 4…7, of `a` = 0 | 4, `b` = 1 | 5, `c` = 2 | 6, `d` = 3 | 7. */
inline void transpose(__m256 a, __m256 b, __m256 c, __m256 d, __m256* columns) {
  const __m256d ab_low = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
  const __m256d cd_low = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
  const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
  const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
  columns[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_low, cd_low));
  columns[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_low, cd_low));
  columns[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high));
  columns[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high));
}

/** Two taps at once: the low lane sums the even ones, the high lane the odd ones. `Taps` 0: as many as `taps` says. */
template <int Taps>
inline __m256 sum_taps(const float* source, const float* weights, int taps, __m256 offset) {
  __m256 sum = _mm256_fmadd_ps(_mm256_loadu_ps(source), _mm256_loadu_ps(weights), offset);
  const int count = Taps > 0 ? Taps : taps;
  for (int k = 2; k < count; k += 2)
    sum = _mm256_fmadd_ps(_mm256_loadu_ps(source + 4 * k), _mm256_loadu_ps(weights + 4 * k), sum);
  return sum;
}

template <int Taps>
void across_quads_by(const float* quads, const int* starts, const float* weights, int taps, int from, int to,
                     const float* offset, float* planes, int plane) {
  // In one of the two lanes, which are added up.
  const __m256 offsets = _mm256_insertf128_ps(_mm256_setzero_ps(), _mm_loadu_ps(offset), 0);
  const size_t stride = 4 * static_cast<size_t>(Taps > 0 ? Taps : taps);
  for (int x = from; x < to; x += 8) {
    __m256 folded[4];
    for (int i = 0; i < 4; ++i) {
      const float* shares = weights + (x + i) * stride;
      const __m256 low = sum_taps<Taps>(quads + 4 * static_cast<size_t>(starts[x + i]), shares, taps, offsets);
      const __m256 high =
          sum_taps<Taps>(quads + 4 * static_cast<size_t>(starts[x + i + 4]), shares + 4 * stride, taps, offsets);
      folded[i] = fold(low, high);
    }
    __m256 columns[4];
    transpose(folded[0], folded[1], folded[2], folded[3], columns);
    for (int c = 0; c < 3; ++c) _mm256_storeu_ps(planes + static_cast<size_t>(c) * plane + x, columns[c]);
  }
}

void across_quads(const float* quads, const int* starts, const float* weights, int taps, int from, int to,
                  const float* offset, float* planes, int plane) {
  if (taps == 2) return across_quads_by<2>(quads, starts, weights, taps, from, to, offset, planes, plane);
  if (taps == 4) return across_quads_by<4>(quads, starts, weights, taps, from, to, offset, planes, plane);
  across_quads_by<0>(quads, starts, weights, taps, from, to, offset, planes, plane);
}

void across_grey_vectors(const float* values, const int* starts, const float* weights, int taps, int from, int to,
                         float* out) {
  for (int x = from; x < to; x += 4) {
    __m128 sums[4];
    for (int i = 0; i < 4; ++i) {
      const float* source = values + starts[x + i];
      const float* shares = weights + static_cast<size_t>(x + i) * taps;
      sums[i] = _mm_mul_ps(_mm_loadu_ps(source), _mm_loadu_ps(shares));
      for (int k = 4; k < taps; k += 4)
        sums[i] = _mm_fmadd_ps(_mm_loadu_ps(source + k), _mm_loadu_ps(shares + k), sums[i]);
    }
    _mm_storeu_ps(out + x, _mm_hadd_ps(_mm_hadd_ps(sums[0], sums[1]), _mm_hadd_ps(sums[2], sums[3])));
  }
}

void store_halves(const float* values, float mean, float scale, int count, uint16_t* out) {
  const __m256 means = _mm256_set1_ps(mean), scales = _mm256_set1_ps(scale);
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 scaled = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(values + i), means), scales);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_cvtps_ph(scaled, _MM_FROUND_TO_NEAREST_INT));
  }
  store_float16(values + i, mean, scale, count - i, out + i);
}

void sample_rgb_vectors(const uint8_t* data, int width, int height, int stride, const SampleLine& line, float* quads) {
  const SampleRange inner = inner_samples(line, width, height);
  sample_border(width, height, line, {line.first, inner.from}, quads, rgb_pixels(data, stride));
  // Two rows of 8 bytes each: the left pixel goes to the low lane, the right one to the high lane.
  const __m256i upper = _mm256_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1,  //
                                         3, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1);
  const __m256i lower = _mm256_setr_epi8(8, -1, -1, -1, 9, -1, -1, -1, 10, -1, -1, -1, -1, -1, -1, -1,  //
                                         11, -1, -1, -1, 12, -1, -1, -1, 13, -1, -1, -1, -1, -1, -1, -1);
  // A left pixel's share is 1 − the place's fraction, a right one's the fraction.
  const __m256 signs = _mm256_setr_ps(-1, -1, -1, -1, 1, 1, 1, 1);
  const __m256 ones = _mm256_setr_ps(1, 1, 1, 1, 0, 0, 0, 0);
  const __m128d start = _mm_setr_pd(line.x - 0.5, line.y - 0.5), step = _mm_setr_pd(line.step_x, line.step_y);
  const __m128d one = _mm_set1_pd(1);
  __m128d index = _mm_set1_pd(inner.from);
  int output = inner.from / line.per_output;
  int end = (output + 1) * line.per_output;
  for (int sample = inner.from; sample < inner.to; ++output, end += line.per_output) {
    const int last = end < inner.to ? end : inner.to;
    const float count = static_cast<float>(last - sample);
    __m256 sum = _mm256_setzero_ps();
    for (; sample < last; ++sample, index = _mm_add_pd(index, one)) {
      const __m128d place = _mm_fmadd_pd(index, step, start);
      const __m128i whole = _mm_cvttpd_epi32(place);
      const __m128 fractions = _mm_cvtpd_ps(_mm_sub_pd(place, _mm_cvtepi32_pd(whole)));
      const uint8_t* pixel =
          data + static_cast<size_t>(_mm_extract_epi32(whole, 1)) * stride + 3 * _mm_cvtsi128_si32(whole);
      const __m128i rows = _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixel)),
                                              _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pixel + stride)));
      const __m256i both = _mm256_broadcastsi128_si256(rows);
      const __m256 top = spread(both, upper), bottom = spread(both, lower);
      const __m256 across = _mm256_fmadd_ps(_mm256_broadcastss_ps(fractions), signs, ones);
      const __m256 down = _mm256_broadcastss_ps(_mm_movehdup_ps(fractions));
      sum = _mm256_fmadd_ps(_mm256_fmadd_ps(_mm256_sub_ps(bottom, top), down, top), across, sum);
    }
    const __m128 total = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
    const __m128 counted = _mm_blend_ps(total, _mm_set1_ps(count), 8);
    _mm_storeu_ps(quads + 4 * output, _mm_add_ps(_mm_loadu_ps(quads + 4 * output), counted));
  }
  sample_border(width, height, line, {inner.to, line.last}, quads, rgb_pixels(data, stride));
}

constexpr RowSteps kSteps = {"avx2",      blend_rows<Rgb>, blend_rows<Yuyv>,   blend_grey,  across_quads, across_grey_vectors,
                             sample_rgb_vectors, sample_grey, sample_yuyv,  sample_nv12, split_quads,  yuv_to_rgb,
                             y_to_grey,   add_fill,    mix_luma,     store_float32, store_halves, store_uint8};

}  // namespace

const RowSteps* avx2_steps();
const RowSteps* avx2_steps() { return &kSteps; }

}  // namespace cupcheck

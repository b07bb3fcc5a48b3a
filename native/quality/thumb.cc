#include "thumb.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cupcheck {
namespace {

constexpr int kBlock = 8;
/** A lamp that flickers or an exposure that settles changes the whole picture by at most so much; more is a change. */
constexpr double kMaxGain = 1.15;

double mean_of(const float* values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += values[i];
  return sum / static_cast<double>(std::max<size_t>(1, count));
}

}  // namespace

Status thumb_of(const PixelView& picture, int shrink, int columns, int rows, float* out, size_t out_values) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if ((shrink != 1 && shrink != 8) || columns < 0 || rows < 0 || columns * shrink > picture.width || rows * shrink > picture.height ||
      out_values != static_cast<size_t>(columns) * rows)
    return refuse("NATIVE_ARGUMENT", "a thumb of " + std::to_string(columns) + "×" + std::to_string(rows) + " at 1/" +
                                         std::to_string(shrink) + " of " + std::to_string(picture.width) + "×" +
                                         std::to_string(picture.height) + " pixels, with room for " +
                                         std::to_string(out_values) + " values");
  const int channels = picture.channels;
  const size_t row_bytes = static_cast<size_t>(columns) * shrink * channels;
  // Column by column over the rows of a square first: whole numbers side by side, which the compiler makes vectors of.
  std::vector<uint16_t> sums(row_bytes);
  const float scale = 1.0f / static_cast<float>(1000 * shrink * shrink);
  for (int row = 0; row < rows; ++row) {
    std::fill(sums.begin(), sums.end(), uint16_t{0});
    for (int k = 0; k < shrink; ++k) {
      const uint8_t* pixels = picture.data + (static_cast<size_t>(row) * shrink + k) * picture.stride;
      for (size_t i = 0; i < row_bytes; ++i) sums[i] = static_cast<uint16_t>(sums[i] + pixels[i]);
    }
    const uint16_t* sum = sums.data();
    for (int column = 0; column < columns; ++column) {
      uint32_t luma = 0;
      for (int k = 0; k < shrink; ++k, sum += channels)
        luma += channels == 3 ? 299u * sum[0] + 587u * sum[1] + 114u * sum[2] : 1000u * sum[0];
      *out++ = static_cast<float>(luma) * scale;
    }
  }
  return {};
}

Status change_between(const float* a, const float* b, int columns, int rows, double* out) {
  if (columns < 0 || rows < 0 || columns > kMaxSide || rows > kMaxSide)
    return refuse("NATIVE_ARGUMENT", "thumbs of " + std::to_string(columns) + "×" + std::to_string(rows));
  const size_t count = static_cast<size_t>(columns) * rows;
  const double ratio = (mean_of(a, count) + 1) / (mean_of(b, count) + 1);
  const double gain = std::min(kMaxGain, std::max(1 / kMaxGain, ratio));
  double most = 0;
  for (int top = 0; top < rows; top += kBlock / 2)
    for (int left = 0; left < columns; left += kBlock / 2) {
      const int bottom = std::min(rows, top + kBlock), right = std::min(columns, left + kBlock);
      const int counted = (bottom - top) * (right - left);
      if (counted < kBlock * kBlock / 2) continue;
      double sum = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) {
          const size_t at = static_cast<size_t>(y) * columns + x;
          sum += std::fabs(a[at] - gain * b[at]);
        }
      // Written so that a NaN, which compares as nothing, counts as a change.
      const double mean = sum / counted;
      if (!(mean <= most)) most = mean;
    }
  *out = most;
  return {};
}

}  // namespace cupcheck

#include "light.h"

#include <algorithm>

namespace cupcheck {
namespace {

constexpr int kWhite = 252;

/** BT.601 luma in thousandths, exact. */
inline uint32_t milli_luma(const uint8_t* pixel, int channels) {
  return channels == 3 ? 299u * pixel[0] + 587u * pixel[1] + 114u * pixel[2] : 1000u * pixel[0];
}

class Account {
 public:
  void add(const uint8_t* pixel, int channels) {
    const uint32_t luma = milli_luma(pixel, channels);
    ++seen_;
    sum_ += luma;
    ++levels_[(luma + 500) / 1000];
    const int darkest = channels == 3 ? std::min({pixel[0], pixel[1], pixel[2]}) : pixel[0];
    clipped_ += darkest >= kWhite;
  }

  Light close() const {
    if (seen_ == 0) return {};
    int highlight = 255;
    for (uint64_t above = 0; highlight > 0; --highlight) {
      above += levels_[highlight];
      if (above * 50 > seen_) break;
    }
    return {static_cast<double>(sum_) / 1000 / static_cast<double>(seen_), static_cast<double>(highlight),
            static_cast<double>(clipped_) / static_cast<double>(seen_)};
  }

 private:
  uint64_t seen_ = 0;
  uint64_t sum_ = 0;
  uint64_t clipped_ = 0;
  uint32_t levels_[256] = {};
};

struct Area {
  int x0, y0, x1, y1;
};

/** The square around the outline, cut at the borders of the picture less `margin`. */
Area around(const PixelView& picture, const Ellipse& outline, int margin) {
  const double half = outline.major / 2;
  const auto cut = [margin](double value, int side) {
    return static_cast<int>(std::max<double>(margin, std::min<double>(value, side - margin)));
  };
  return {cut(std::floor(outline.cx - half), picture.width), cut(std::floor(outline.cy - half), picture.height),
          cut(std::ceil(outline.cx + half), picture.width), cut(std::ceil(outline.cy + half), picture.height)};
}

Status check_disc(const Ellipse& e, double scale) {
  const double values[] = {e.cx, e.cy, e.major, e.minor, e.angle, scale};
  const bool finite = std::all_of(values, values + 6, [](double v) { return std::isfinite(v) && std::fabs(v) <= 65536; });
  if (finite && e.major > 0 && e.minor > 0 && scale > 0) return {};
  return refuse("NATIVE_ARGUMENT", "an outline about (" + std::to_string(e.cx) + ", " + std::to_string(e.cy) + ") with axes " +
                                       std::to_string(e.major) + " and " + std::to_string(e.minor) +
                                       " (all finite, within ±65536, axes above 0)");
}

}  // namespace

Status picture_light(const PixelView& picture, int step, Light* out) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (step < 1) return refuse("NATIVE_ARGUMENT", "a step of " + std::to_string(step) + " pixels");
  Account account;
  for (int y = 0; y < picture.height; y += step) {
    const uint8_t* row = picture.data + static_cast<size_t>(y) * picture.stride;
    for (int x = 0; x < picture.width; x += step) account.add(row + x * picture.channels, picture.channels);
  }
  *out = account.close();
  return {};
}

Status disc_light(const PixelView& picture, const Ellipse& outline, double scale, Light* out) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (Status status = check_disc(outline, scale); !status.ok()) return status;
  const Inside inside(outline);
  const Area area = around(picture, outline, 0);
  Account account;
  for (int y = area.y0; y < area.y1; y += 2) {
    const uint8_t* row = picture.data + static_cast<size_t>(y) * picture.stride;
    for (int x = area.x0; x < area.x1; x += 2)
      if (inside(x, y, scale)) account.add(row + x * picture.channels, picture.channels);
  }
  *out = account.close();
  return {};
}

Status disc_focus(const PixelView& picture, const Ellipse& outline, double scale, double* out) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (Status status = check_disc(outline, scale); !status.ok()) return status;
  const Inside inside(outline);
  const Area area = around(picture, outline, 1);
  const int channels = picture.channels;
  // Whole thousandths: the sums are exact, and the variance has no cancellation but that of its last step.
  int64_t seen = 0, sum = 0;
  double squares = 0;
  for (int y = area.y0; y < area.y1; ++y) {
    const uint8_t* row = picture.data + static_cast<size_t>(y) * picture.stride;
    for (int x = area.x0; x < area.x1; ++x) {
      if (!inside(x, y, scale)) continue;
      const uint8_t* pixel = row + x * channels;
      const int64_t here = milli_luma(pixel, channels);
      const int64_t around_it = int64_t{milli_luma(pixel - channels, channels)} + milli_luma(pixel + channels, channels) +
                                milli_luma(pixel - picture.stride, channels) + milli_luma(pixel + picture.stride, channels);
      const int64_t laplacian = around_it - 4 * here;
      ++seen;
      sum += laplacian;
      squares += static_cast<double>(laplacian) * static_cast<double>(laplacian);
    }
  }
  const double mean = seen == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(seen);
  *out = seen == 0 ? 0 : std::max(0.0, squares / static_cast<double>(seen) - mean * mean) / 1e6;
  return {};
}

}  // namespace cupcheck

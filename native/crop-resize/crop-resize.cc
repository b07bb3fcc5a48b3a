#include "crop-resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "axis.h"

namespace cupcheck {
namespace {

// ITU-R BT.601 luma.
constexpr float kRed = 0.299f;
constexpr float kGreen = 0.587f;
constexpr float kBlue = 0.114f;

Status argument(std::string message) { return refuse("NATIVE_ARGUMENT", std::move(message)); }

Status check_shape(const CropShape& shape) {
  if (shape.width < 1 || shape.height < 1 || shape.width > kMaxCropSide || shape.height > kMaxCropSide)
    return argument("crops of " + std::to_string(shape.width) + "×" + std::to_string(shape.height) +
                    " pixels (1 to 2048 a side)");
  if (shape.channels != 1 && shape.channels != 3)
    return argument(std::to_string(shape.channels) + " channels (1 or 3)");
  if (!std::isfinite(shape.mean) || !std::isfinite(shape.fill) || !std::isfinite(shape.std) || shape.std == 0)
    return argument("mean, std and fill must be finite, and std not 0");
  return {};
}

Status check_box(const float* box, size_t index) {
  const bool in_bounds = std::all_of(box, box + 4, [](float v) { return std::isfinite(v) && std::fabs(v) <= kMaxBoxPx; });
  if (in_bounds && box[2] > 0 && box[3] > 0) return {};
  return argument("box " + std::to_string(index) + " is (" + std::to_string(box[0]) + ", " + std::to_string(box[1]) +
                  ", " + std::to_string(box[2]) + ", " + std::to_string(box[3]) +
                  "): x, y within ±65536, width and height above 0, all finite");
}

/** Resizes one box after another; keeps its working memory between them. */
class Resizer {
 public:
  Resizer(const PixelView& picture, const CropShape& shape)
      : picture_(picture), shape_(shape), row_values_(static_cast<size_t>(shape.width) * picture.channels) {
    for (Row& row : rows_) row.values.resize(row_values_);
    sums_.resize(row_values_);
  }

  void crop(const float* box, float* out) {
    make_axis(box[0], box[2], shape_.width, picture_.width, &across_);
    make_axis(box[1], box[3], shape_.height, picture_.height, &down_);
    for (Row& row : rows_) row.source = -1;
    for (int y = 0; y < shape_.height; ++y) {
      sum_rows(down_.taps[y]);
      store(out + static_cast<size_t>(y) * shape_.width);
    }
  }

 private:
  struct Row {
    int source = -1;
    std::vector<float> values;
  };

  void sum_rows(const Tap& tap) {
    std::fill(sums_.begin(), sums_.end(), tap.outside * shape_.fill);
    const float* weights = down_.weights.data() + tap.weights;
    for (int k = 0; k < tap.count; ++k) {
      const float weight = weights[k];
      const float* row = resized_row(tap.first + k);
      for (size_t i = 0; i < row_values_; ++i) sums_[i] += weight * row[i];
    }
  }

  // Neighbouring outputs share at most two source rows, so two kept rows are enough for each to be resized once.
  const float* resized_row(int source) {
    Row& row = rows_[source & 1];
    if (row.source != source) {
      row.source = source;
      const uint8_t* pixels = picture_.data + static_cast<size_t>(source) * picture_.stride;
      if (picture_.channels == 3) {
        resize_rgb(pixels, row.values.data());
      } else {
        resize_grey(pixels, row.values.data());
      }
    }
    return row.values.data();
  }

  void resize_rgb(const uint8_t* pixels, float* out) const {
    for (const Tap& tap : across_.taps) {
      const float outside = tap.outside * shape_.fill;
      float red = outside, green = outside, blue = outside;
      const float* weights = across_.weights.data() + tap.weights;
      const uint8_t* pixel = pixels + static_cast<size_t>(tap.first) * 3;
      for (int k = 0; k < tap.count; ++k, pixel += 3) {
        red += weights[k] * pixel[0];
        green += weights[k] * pixel[1];
        blue += weights[k] * pixel[2];
      }
      *out++ = red;
      *out++ = green;
      *out++ = blue;
    }
  }

  void resize_grey(const uint8_t* pixels, float* out) const {
    for (const Tap& tap : across_.taps) {
      float grey = tap.outside * shape_.fill;
      const float* weights = across_.weights.data() + tap.weights;
      const uint8_t* pixel = pixels + tap.first;
      for (int k = 0; k < tap.count; ++k) grey += weights[k] * pixel[k];
      *out++ = grey;
    }
  }

  // One interleaved row of sums into a row of each plane.
  void store(float* out) const {
    const float scale = 1 / shape_.std;
    const size_t plane = static_cast<size_t>(shape_.width) * shape_.height;
    for (int x = 0; x < shape_.width; ++x) {
      if (picture_.channels == 1) {
        const float value = (sums_[x] - shape_.mean) * scale;
        for (int c = 0; c < shape_.channels; ++c) out[c * plane + x] = value;
      } else if (shape_.channels == 1) {
        const float* rgb = &sums_[static_cast<size_t>(x) * 3];
        out[x] = (kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2] - shape_.mean) * scale;
      } else {
        for (int c = 0; c < 3; ++c) out[c * plane + x] = (sums_[static_cast<size_t>(x) * 3 + c] - shape_.mean) * scale;
      }
    }
  }

  const PixelView& picture_;
  const CropShape& shape_;
  const size_t row_values_;
  Axis across_;
  Axis down_;
  Row rows_[2];
  std::vector<float> sums_;
};

}  // namespace

Status crop_resize(const PixelView& picture, const float* boxes, size_t count, const CropShape& shape, float* out,
                   size_t out_values) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (Status status = check_shape(shape); !status.ok()) return status;
  if (count > kMaxBoxes) return argument(std::to_string(count) + " boxes (at most 256)");
  for (size_t i = 0; i < count; ++i)
    if (Status status = check_box(boxes + 4 * i, i); !status.ok()) return status;
  const size_t crop_values = static_cast<size_t>(shape.channels) * shape.height * shape.width;
  if (out_values != count * crop_values)
    return argument("room for " + std::to_string(out_values) + " values (" + std::to_string(count * crop_values) +
                    " are needed)");
  Resizer resizer(picture, shape);
  for (size_t i = 0; i < count; ++i) resizer.crop(boxes + 4 * i, out + i * crop_values);
  return {};
}

Status to_grey(const PixelView& picture, uint8_t* out, size_t out_bytes) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  const size_t width = static_cast<size_t>(picture.width);
  if (out_bytes != width * picture.height)
    return argument("room for " + std::to_string(out_bytes) + " bytes (" + std::to_string(width * picture.height) +
                    " are needed)");
  for (int y = 0; y < picture.height; ++y, out += width) {
    const uint8_t* row = picture.data + static_cast<size_t>(y) * picture.stride;
    if (picture.channels == 1) {
      std::memcpy(out, row, width);
      continue;
    }
    // 16-bit fixed point; the three weights add up to 65536 exactly.
    for (size_t x = 0; x < width; ++x, row += 3)
      out[x] = static_cast<uint8_t>((19595u * row[0] + 38470u * row[1] + 7471u * row[2] + 32768u) >> 16);
  }
  return {};
}

}  // namespace cupcheck

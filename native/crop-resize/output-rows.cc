#include "output-rows.h"

#include <algorithm>
#include <cmath>

namespace cupcheck {
namespace {

bool is_yuv(PixelFormat format) { return format == PixelFormat::kYuyv || format == PixelFormat::kNv12; }

/** Y lies alone in NV12 and in grey; where only luma is wanted of YUYV, its colours come along and are dropped. */
bool needs_colours(const CropJob& job) {
  if (job.frame.format == PixelFormat::kGrey) return false;
  return job.frame.format != PixelFormat::kNv12 || job.shape.channels == 3;
}

}  // namespace

OutputRows::OutputRows(const CropJob& job, const RowSteps& steps, Workspace& work)
    : job_(job), steps_(steps), plane_(job.shape.width + kSlackPixels), coloured_(needs_colours(job)),
      planes_(room(work.planes, 4 * static_cast<size_t>(plane_))),
      direct_(job.frame.format == PixelFormat::kRgb && job.shape.channels == 3 && job.type == ValueType::kFloat32 &&
              job.shape.width % kVectorOutputs == 0) {
  for (int c = 0; c < 3; ++c) offset_[c] = (0 - job.shape.mean[c]) * scale(c);
}

float* OutputRows::direct_row(size_t crop, int y) const {
  return static_cast<float*>(job_.out) + (crop * 3 * job_.shape.height + y) * job_.shape.width;
}

void OutputRows::mask(size_t crop, int y, Span span) const {
  for (int c = 0; c < 3; ++c) {
    float* const values = direct_row(crop, y) + static_cast<size_t>(c) * direct_plane();
    const float fill = (fill_of(c) - job_.shape.mean[c]) * scale(c);
    std::fill(values, values + span.from, fill);
    std::fill(values + span.to, values + job_.shape.width, fill);
  }
}

Span OutputRows::shown(int y) const {
  const int width = job_.shape.width;
  if (job_.shape.disc_px == 0) return {0, width};
  const double radius = job_.shape.disc_px / 2;
  const double up = y - (job_.shape.height - 1) / 2.0;
  const double middle = (width - 1) / 2.0;
  const double room = radius * radius - up * up;
  if (room < 0) return {};
  const auto holds = [=](int x) { return (x - middle) * (x - middle) <= room; };
  int from = std::clamp(static_cast<int>(middle - std::sqrt(room)), 0, width);
  // The root is rounded, and the cast too.
  while (from > 0 && holds(from - 1)) --from;
  while (from < width && !holds(from)) ++from;
  return {from, std::max(from, width - from)};
}

float OutputRows::fill_of(int channel) const {
  const float* fill = job_.shape.fill;
  if (job_.shape.channels == 3 || (fill[0] == fill[1] && fill[1] == fill[2])) return fill[channel];
  return 0.299f * fill[0] + 0.587f * fill[1] + 0.114f * fill[2];
}

void OutputRows::store_channel(size_t row, int channel, const float* values) const {
  const CropShape& shape = job_.shape;
  const size_t at = row * shape.width;
  const float mean = shape.mean[channel], scale = this->scale(channel);
  switch (job_.type) {
    case ValueType::kFloat32:
      return steps_.store_float32(values, mean, scale, shape.width, static_cast<float*>(job_.out) + at);
    case ValueType::kFloat16:
      return steps_.store_float16(values, mean, scale, shape.width, static_cast<uint16_t*>(job_.out) + at);
    case ValueType::kUint8:
      return steps_.store_uint8(values, mean, scale, shape.width, static_cast<uint8_t*>(job_.out) + at);
  }
}

void OutputRows::store(size_t crop, int y, Span span, bool all_inside) {
  const CropShape& shape = job_.shape;
  const int count = span.to - span.from;
  float* const first = planes_ + span.from;
  const float* const share = inside() + span.from;
  if (is_yuv(job_.frame.format)) {
    if (shape.channels == 3) {
      steps_.yuv_to_rgb(first, plane_, share, count);
    } else {
      steps_.y_to_grey(first, share, count);
    }
  } else if (coloured_ && shape.channels == 1) {
    steps_.mix_luma(first, plane_, count);
  }
  for (int c = 0; c < shape.channels; ++c) {
    float* const values = planes_ + static_cast<size_t>(c) * plane_;
    // Grey is repeated, before the first channel gets its fill.
    if (!coloured_ && c == 0)
      for (int copy = 1; copy < shape.channels; ++copy)
        std::copy(first, first + count, first + static_cast<size_t>(copy) * plane_);
    const float fill = fill_of(c);
    if (!all_inside) steps_.add_fill(values + span.from, share, fill, count);
    std::fill(values, values + span.from, fill);
    std::fill(values + span.to, values + shape.width, fill);
    store_channel((crop * shape.channels + c) * shape.height + y, c, values);
  }
}

}  // namespace cupcheck

#include <algorithm>
#include <cmath>

#include "output-rows.h"

namespace cupcheck {
namespace {

/** One side of a rotated box: `count` samples at (i + 0.5) × step − half, of which those from `first` to `last` count. */
struct Samples {
  int per_output = 1;
  double step = 0;
  double half = 0;
  int first = 0;
  int last = 0;

  double at(int index) const { return (index + 0.5) * step - half; }
};

Samples samples_of(double length, double whole, int outputs) {
  Samples samples;
  samples.per_output = std::max(1, static_cast<int>(std::ceil(whole / outputs)));
  const int count = samples.per_output * outputs;
  samples.step = whole / count;
  samples.half = whole / 2;
  // A sample on the edge counts, however its place is rounded.
  const auto counts = [&](int index) { return std::fabs(samples.at(index)) <= length / 2 + 1e-6; };
  // What the box itself holds; the rest of a padded square is fill.
  samples.first = std::clamp(static_cast<int>((whole - length) / 2 / samples.step - 0.5), 0, count);
  while (samples.first > 0 && counts(samples.first - 1)) --samples.first;
  while (samples.first < count && !counts(samples.first)) ++samples.first;
  samples.last = std::max(samples.first, count - samples.first);
  return samples;
}

decltype(RowSteps::sample_rgb) sampler(const RowSteps& steps, PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb:
      return steps.sample_rgb;
    case PixelFormat::kYuyv:
      return steps.sample_yuyv;
    case PixelFormat::kNv12:
      return steps.sample_nv12;
    case PixelFormat::kGrey:
      break;
  }
  return steps.sample_grey;
}

}  // namespace

void crop_rotated(const CropJob& job, const RowSteps& steps, const float* box, size_t crop, OutputRows& rows,
                  Workspace& work) {
  const CropShape& shape = job.shape;
  const FrameView& frame = job.frame;
  const double width = box[2], height = box[3], longer = std::max(width, height);
  const bool grows = job.squaring == Squaring::kGrow, squared = job.squaring != Squaring::kStretch;
  const Samples across = samples_of(grows ? longer : width, squared ? longer : width, shape.width);
  const Samples down = samples_of(grows ? longer : height, squared ? longer : height, shape.height);
  const double cosine = std::cos(static_cast<double>(box[4])), sine = std::sin(static_cast<double>(box[4]));
  const auto sample = sampler(steps, frame.format);
  const float share = 1.0f / static_cast<float>(across.per_output * down.per_output);
  float* const quads = room(work.row, 4 * (static_cast<size_t>(shape.width) + kSlackPixels));
  for (int y = 0; y < shape.height; ++y) {
    const Span span = rows.shown(y);
    std::fill(quads + 4 * span.from, quads + 4 * span.to, 0.0f);
    SampleLine line;
    line.per_output = across.per_output;
    line.step_x = across.step * cosine;
    line.step_y = across.step * sine;
    line.first = std::max(across.first, span.from * across.per_output);
    line.last = std::min(across.last, span.to * across.per_output);
    const int begin = std::max(down.first, y * down.per_output);
    const int end = std::min(down.last, (y + 1) * down.per_output);
    for (int index = begin; index < end && line.first < line.last; ++index) {
      const double u = across.at(0), v = down.at(index);
      line.x = box[0] + u * cosine - v * sine;
      line.y = box[1] + u * sine + v * cosine;
      sample(frame.data, frame.width, frame.height, frame.stride, line, quads);
    }
    if (span.from < span.to)
      steps.split_quads(quads + 4 * span.from, share, span.to - span.from, rows.planes() + span.from, rows.plane());
    rows.store(crop, y, span, false);
  }
}

}  // namespace cupcheck

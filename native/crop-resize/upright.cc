#include <algorithm>

#include "output-rows.h"

namespace cupcheck {
namespace {

/** The stretch that a side of the crop shows, and the part of it that is not fill. */
struct Side {
  Stretch box;
  Stretch content;
};

Side side_of(double start, double length, double longer, Squaring squaring, int pixels) {
  Side side = {{start, start + length}, {0, static_cast<double>(pixels)}};
  if (squaring == Squaring::kPad) side.content = {std::max(0.0, start), std::min<double>(pixels, start + length)};
  if (squaring != Squaring::kStretch) {
    side.box.from -= (longer - length) / 2;
    side.box.to = side.box.from + longer;
  }
  return side;
}

/** Sums weighted source rows, a few at a time, into one row of floats. */
class RowBlender {
 public:
  RowBlender(const CropJob& job, const RowSteps& steps, bool coloured, Workspace& work)
      : frame_(job.frame), coloured_(coloured), work_(work), blend_(steps.blend_grey) {
    if (!coloured) return;
    blend_ = frame_.format == PixelFormat::kRgb ? steps.blend_rgb : steps.blend_yuyv;
    if (frame_.format == PixelFormat::kNv12) room(work.pairs, kRows * 2 * static_cast<size_t>(frame_.width));
  }

  /** Rows from `first` on, one for each weight; pixels from `begin` to before `end`, of which `out` takes the first. */
  void blend(int first, const float* weights, int count, int begin, int end, float* out) {
    for (int done = 0; done < count; done += kRows) {
      const uint8_t* rows[kRows];
      const int some = std::min(kRows, count - done);
      for (int r = 0; r < some; ++r) rows[r] = pixels(first + done + r, begin, end, r);
      blend_(rows, weights + done, some, done > 0, end - begin, out);
    }
  }

 private:
  static constexpr int kRows = 4;

  const uint8_t* pixels(int y, int begin, int end, int slot) {
    const uint8_t* row = frame_.data + static_cast<size_t>(y) * frame_.stride;
    switch (frame_.format) {
      case PixelFormat::kRgb:
        return row + 3 * begin;
      case PixelFormat::kYuyv:
        return row + 2 * begin;
      case PixelFormat::kGrey:
        return row + begin;
      case PixelFormat::kNv12:
        break;
    }
    if (!coloured_) return row + begin;
    const uint8_t* colours = frame_.data + static_cast<size_t>(frame_.height + y / 2) * frame_.stride;
    uint8_t* const pairs = work_.pairs.data() + 2 * static_cast<size_t>(slot) * frame_.width;
    for (int x = begin; x < end; ++x) {
      pairs[2 * (x - begin)] = row[x];
      pairs[2 * (x - begin) + 1] = colours[x];
    }
    return pairs;
  }

  const FrameView& frame_;
  const bool coloured_;
  Workspace& work_;
  decltype(RowSteps::blend_rgb) blend_;
};

/**
 * The tables of the filter across, as the steps want them: starts within the row, and padded weights, `copies` of each
 * (one for each channel of a quad) times `scales`.
 */
int lay_out_across(const Axis& axis, int outputs, int row_begin, int copies, const float* scales, Workspace& work) {
  const int unit = copies == 4 ? 2 : 4;
  const int taps = std::max(1, (axis.taps + unit - 1) / unit) * unit;
  const size_t stride = static_cast<size_t>(taps) * copies;
  int* starts = room(work.starts, static_cast<size_t>(outputs) + kSlackPixels);
  float* shares = room(work.shares, (static_cast<size_t>(outputs) + kSlackPixels) * stride);
  for (int x = 0; x < outputs + kSlackPixels; ++x) {
    const int count = x < outputs ? axis.count[x] : 0;
    starts[x] = count > 0 ? axis.first[x] - row_begin : 0;
    float* const own = shares + x * stride;
    const float* weights = &axis.weights[static_cast<size_t>(std::min(x, outputs - 1)) * axis.stride];
    for (int k = 0; k < taps; ++k) {
      const float weight = k < count ? weights[k] : 0;
      for (int copy = 0; copy < copies; ++copy) own[k * copies + copy] = weight * scales[copy];
    }
  }
  return taps;
}

/** The source pixels that the outputs of a span need, of those that any output needs. */
Span needed(const Axis& axis, Span outputs) {
  const int last = outputs.to - 1;
  return {axis.count[outputs.from] > 0 ? axis.first[outputs.from] : axis.span_begin,
          axis.count[last] > 0 ? axis.first[last] + axis.count[last] : axis.span_end};
}

}  // namespace

void crop_upright(const CropJob& job, const RowSteps& steps, const float* box, size_t crop, OutputRows& rows,
                  Workspace& work) {
  const CropShape& shape = job.shape;
  const FrameView& frame = job.frame;
  const double longer = std::max(box[2], box[3]);
  const Side across = side_of(box[0], box[2], longer, job.squaring, frame.width);
  const Side down = side_of(box[1], box[3], longer, job.squaring, frame.height);
  make_axis(across.box, shape.width, across.content, &work.across);
  make_axis(down.box, shape.height, down.content, &work.down);

  // Pairs of pixels share a colour: rows of them begin and end between pairs.
  const bool pairs = frame.format == PixelFormat::kYuyv || (frame.format == PixelFormat::kNv12 && rows.coloured());
  const int odd = pairs ? 1 : 0;
  const int copies = rows.coloured() ? 4 : 1;
  const int row_begin = work.across.span_begin & ~odd;
  const bool all_inside = work.across.all_inside && work.down.all_inside;
  const bool direct = all_inside && rows.direct();
  float scales[4] = {1, 1, 1, 1};
  for (int c = 0; c < 3 && direct; ++c) scales[c] = rows.scale(c);
  const int taps = lay_out_across(work.across, shape.width, row_begin, copies, scales, work);
  const size_t row_pixels = static_cast<size_t>(work.across.span_end - row_begin + taps + kSlackPixels);
  float* const row = room(work.row, row_pixels * copies);

  if (all_inside) std::fill(rows.inside(), rows.inside() + shape.width, 1.0f);
  const auto filter_across = [&](Span span, const float* offset, float* planes, int plane) {
    const int* starts = work.starts.data();
    const float* shares = work.shares.data();
    if (rows.coloured()) {
      steps.across_quads(row, starts, shares, taps, span.from, span.to, offset, planes, plane);
    } else {
      steps.across_grey(row, starts, shares, taps, span.from, span.to, planes);
    }
  };
  constexpr float kNothing[4] = {0, 0, 0, 0};
  RowBlender blender(job, steps, rows.coloured(), work);
  for (int y = 0; y < shape.height; ++y) {
    const Span span = rows.shown(y);
    const int rows_needed = span.from < span.to ? work.down.count[y] : 0;
    const Span source = rows_needed > 0 ? needed(work.across, span) : Span{};
    const int begin = source.from & ~odd, end = (source.to + odd) & ~odd;
    if (begin < end)
      blender.blend(work.down.first[y], &work.down.weights[static_cast<size_t>(y) * work.down.stride], rows_needed,
                    begin, end, row + static_cast<size_t>(begin - row_begin) * copies);
    if (direct) {
      // From a multiple of a vector, so that nothing is written past the row; what is too much is masked.
      const Span whole = {span.from / kVectorOutputs * kVectorOutputs, span.to};
      if (begin < end) filter_across(whole, rows.offset(), rows.direct_row(crop, y), rows.direct_plane());
      rows.mask(crop, y, span);
      continue;
    }
    if (begin < end) {
      filter_across(span, kNothing, rows.planes(), rows.plane());
    } else {
      for (int c = 0; c < 3; ++c) {
        float* const values = rows.planes() + static_cast<size_t>(c) * rows.plane();
        std::fill(values + span.from, values + span.to, 0.0f);
      }
    }
    if (!all_inside)
      for (int x = span.from; x < span.to; ++x) rows.inside()[x] = work.across.inside[x] * work.down.inside[y];
    rows.store(crop, y, span, all_inside);
  }
}

}  // namespace cupcheck

#include "axis.h"

#include <algorithm>
#include <cmath>

namespace cupcheck {
namespace {

// Without SSE 4.1 std::floor is a call of a function; our numbers fit an int.
int floor_of(double value) {
  const int cut = static_cast<int>(value);
  return value < cut ? cut - 1 : cut;
}

int ceil_of(double value) { return -floor_of(-value); }

struct Taps {
  int first = 0;
  int count = 0;
  double inside = 0;
};

Taps average(Stretch span, double weight, Stretch content, float* weights) {
  const double from = std::max(span.from, content.from);
  const double to = std::min(span.to, content.to);
  if (!(from < to)) return {};
  const int first = floor_of(from);
  const int last = ceil_of(to) - 1;
  if (first == last) {
    weights[0] = static_cast<float>((to - from) * weight);
  } else {
    weights[0] = static_cast<float>((first + 1 - from) * weight);
    for (int pixel = first + 1; pixel < last; ++pixel) weights[pixel - first] = static_cast<float>(weight);
    weights[last - first] = static_cast<float>((to - last) * weight);
  }
  return {first, last - first + 1, (to - from) * weight};
}

Taps interpolate(double centre, Stretch content, float* weights) {
  const int left = floor_of(centre - 0.5);
  const double right_share = centre - 0.5 - left;
  Taps taps;
  for (int side = 0; side < 2; ++side) {
    const int pixel = left + side;
    const double covered = std::min(content.to, pixel + 1.0) - std::max(content.from, static_cast<double>(pixel));
    const double share = (side == 0 ? 1 - right_share : right_share) * std::max(0.0, covered);
    if (share == 0) continue;
    if (taps.count == 0) taps.first = pixel;
    weights[taps.count++] = static_cast<float>(share);
    taps.inside += share;
  }
  return taps;
}

}  // namespace

void make_axis(Stretch box, int outputs, Stretch content, Axis* out) {
  const double step = (box.to - box.from) / outputs;
  const bool shrinks = step > 1;
  const int most_taps = std::min(ceil_of(step) + 1, std::max(1, ceil_of(content.to) - floor_of(content.from)));
  out->stride = shrinks ? most_taps : 2;
  out->taps = 0;
  out->all_inside = true;
  out->span_begin = ceil_of(content.to);
  out->span_end = 0;
  const size_t size = static_cast<size_t>(outputs);
  out->first.resize(size);
  out->count.resize(size);
  out->inside.resize(size);
  out->weights.resize(size * out->stride);
  for (int i = 0; i < outputs; ++i) {
    float* weights = &out->weights[static_cast<size_t>(i) * out->stride];
    const double from = box.from + i * step;
    const Taps taps = shrinks ? average({from, box.from + (i + 1) * step}, 1 / step, content, weights)
                              : interpolate(from + 0.5 * step, content, weights);
    out->first[i] = taps.first;
    out->count[i] = taps.count;
    out->inside[i] = static_cast<float>(taps.inside);
    if (taps.inside < 1 - 1e-9) out->all_inside = false;
    out->taps = std::max(out->taps, taps.count);
    if (taps.count == 0) continue;
    out->span_begin = std::min(out->span_begin, taps.first);
    out->span_end = std::max(out->span_end, taps.first + taps.count);
  }
  if (out->span_end == 0) out->span_begin = 0;
}

}  // namespace cupcheck

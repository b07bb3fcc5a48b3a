#include "axis.h"

#include <algorithm>
#include <cmath>

namespace cupcheck {
namespace {

void average_tap(double from, double to, int source_pixels, Axis* out) {
  const int first = std::max(0, static_cast<int>(std::floor(from)));
  const int last = std::min(source_pixels, static_cast<int>(std::ceil(to)));
  Tap tap;
  tap.weights = out->weights.size();
  double inside = 0;
  if (first < last) {
    tap.first = first;
    tap.count = last - first;
    for (int pixel = first; pixel < last; ++pixel) {
      const double covered = std::min(to, pixel + 1.0) - std::max(from, static_cast<double>(pixel));
      const double weight = covered / (to - from);
      inside += weight;
      out->weights.push_back(static_cast<float>(weight));
    }
  }
  tap.outside = static_cast<float>(std::max(0.0, 1.0 - inside));
  out->taps.push_back(tap);
}

void linear_tap(double centre, int source_pixels, Axis* out) {
  const double left = std::floor(centre - 0.5);
  const double right_share = centre - 0.5 - left;
  const double shares[2] = {1.0 - right_share, right_share};
  Tap tap;
  tap.weights = out->weights.size();
  double inside = 0;
  for (int side = 0; side < 2; ++side) {
    const int pixel = static_cast<int>(left) + side;
    if (pixel < 0 || pixel >= source_pixels || shares[side] == 0) continue;
    if (tap.count == 0) tap.first = pixel;
    ++tap.count;
    inside += shares[side];
    out->weights.push_back(static_cast<float>(shares[side]));
  }
  tap.outside = static_cast<float>(1.0 - inside);
  out->taps.push_back(tap);
}

}  // namespace

void make_axis(double start, double length, int outputs, int source_pixels, Axis* out) {
  out->taps.clear();
  out->weights.clear();
  const double step = length / outputs;
  for (int i = 0; i < outputs; ++i) {
    if (step > 1) {
      average_tap(start + i * step, start + (i + 1) * step, source_pixels, out);
    } else {
      linear_tap(start + (i + 0.5) * step, source_pixels, out);
    }
  }
}

}  // namespace cupcheck

#pragma once

#include <vector>

namespace cupcheck {

/**
 * A linear filter along one axis: output i = Σ weights[i × stride + k] × source pixel (first[i] + k), k < count[i],
 * + (1 − inside[i]) × fill.
 */
struct Axis {
  std::vector<int> first;
  std::vector<int> count;
  std::vector<float> weights;
  /** The share of each output that comes from the picture. */
  std::vector<float> inside;
  int stride = 0;
  /** The largest count. */
  int taps = 0;
  bool all_inside = true;
  /** The source pixels that any output uses. */
  int span_begin = 0;
  int span_end = 0;
};

/** A stretch of a line, in pixels: pixel i reaches from i to i + 1. */
struct Stretch {
  double from = 0;
  double to = 0;
};

/**
 * The filter that takes the stretch `box` to `outputs` pixels. The source is thought to go on for ever, with the fill
 * value outside the stretch `content`. Shrinking: the exact mean over each output's span, with fractional ends.
 * Enlarging: linear between pixel centres, output centre i at from + (i + 0.5) × length / outputs; a pixel that the
 * content holds in part counts in part.
 */
void make_axis(Stretch box, int outputs, Stretch content, Axis* out);

}  // namespace cupcheck

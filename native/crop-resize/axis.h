#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cupcheck {

/** Which source pixels make one output pixel, along one axis. */
struct Tap {
  /** First source pixel; `count` of them lie within the picture. */
  int first = 0;
  int count = 0;
  /** Where this output's weights begin in `Axis::weights`. */
  size_t weights = 0;
  /** The share of the output that lies outside the picture: 1 minus the sum of the weights. */
  float outside = 0;
};

/** A linear filter along one axis: output pixel i = Σ weight × source pixel + outside × fill. */
struct Axis {
  std::vector<Tap> taps;
  std::vector<float> weights;
};

/**
 * The filter that takes `length` source pixels from `start` to `outputs` pixels. The source is thought to go on for ever
 * with the fill value. Shrinking: the exact mean over each output's span, with fractional ends. Enlarging: linear
 * between pixel centres, output centre i at start + (i + 0.5) × length / outputs.
 */
void make_axis(double start, double length, int outputs, int source_pixels, Axis* out);

}  // namespace cupcheck

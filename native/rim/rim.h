#pragma once

#include "../ellipse.h"
#include "../pixels.h"

namespace cupcheck {

/** Where a detector saw an item. */
struct Circle {
  double cx;
  double cy;
  double radius;
};

/** An item's outline. */
struct Rim {
  /** False: no outline was seen, and the rest says nothing. */
  bool found = false;
  Ellipse ellipse;
  /** Share of the rays on which the outline was seen, 0 to 1. */
  double seen = 0;
  /** Width of its edge (10–90 %), pixels. */
  double width = 0;
};

constexpr double kMaxRadius = 8192;

/**
 * Fits the outline of the item that was detected, as src/native/rim.ts says. The detection may leave the picture.
 * Errors: NATIVE_ARGUMENT (the picture; a centre or radius that is not finite, a radius not 1 to 8192 pixels).
 */
Status find_rim(const PixelView& picture, const Circle& detected, Rim* out);

}  // namespace cupcheck

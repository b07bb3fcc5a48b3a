#pragma once

#include "../ellipse.h"
#include "../pixels.h"

namespace cupcheck {

/** Light on a picture or a part of it; luma 0 to 255 (BT.601). All 0 where no pixel counts. */
struct Light {
  double luma = 0;
  /** The luma that 1 pixel in 50 exceeds. */
  double highlight = 0;
  /** Share of pixels whose darkest colour is 252 or more: JPEG tells no finer. */
  double clipped = 0;
};

/** Of the whole picture, every `step`th pixel of every `step`th row. Errors: NATIVE_ARGUMENT. */
Status picture_light(const PixelView& picture, int step, Light* out);

/** Of what lies inside the outline scaled by `scale`, every second pixel. Errors: NATIVE_ARGUMENT. */
Status disc_light(const PixelView& picture, const Ellipse& outline, double scale, Light* out);

/**
 * Variance of the Laplacian (4 neighbours) of the luma inside the outline scaled by `scale`: the more, the sharper and
 * the richer in detail. 0 where no pixel has all its neighbours. Errors: NATIVE_ARGUMENT.
 */
Status disc_focus(const PixelView& picture, const Ellipse& outline, double scale, double* out);

}  // namespace cupcheck

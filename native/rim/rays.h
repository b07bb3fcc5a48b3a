#pragma once

#include <vector>

#include "../pixels.h"

namespace cupcheck {

/** A step in brightness or colour along a ray. */
struct EdgePoint {
  /** Its angle is 2π · ray / rays, from +x towards +y. */
  int ray;
  double x;
  double y;
  /** Height of the step a pixel, levels of 255. */
  double strength;
  /** Whether it becomes brighter outwards. */
  bool rises;
  /** Distance over which the step rises from 10 % to 90 %, pixels. */
  double width;
};

struct Rays {
  double cx;
  double cy;
  /** Where each ray begins and ends, pixels from the centre. */
  double from;
  double to;
  int count;
};

/**
 * The strongest steps along each ray, ray after ray, the strongest of a ray first. All colours count, so that a brass
 * item is seen on a felt of the same brightness. The picture has been checked; the reach is at most 65536 pixels.
 */
std::vector<EdgePoint> edges_along_rays(const PixelView& picture, const Rays& rays);

}  // namespace cupcheck

#pragma once

#include <cmath>

namespace cupcheck {

/** Full axes in pixels; the angle from +x towards +y. */
struct Ellipse {
  double cx = 0;
  double cy = 0;
  double major = 0;
  double minor = 0;
  double angle = 0;
};

/** Asks for many points whether they lie inside one outline: its sine and cosine are taken once. */
class Inside {
 public:
  explicit Inside(const Ellipse& ellipse)
      : ellipse_(ellipse), cos_(std::cos(ellipse.angle)), sin_(std::sin(ellipse.angle)) {}

  /** Of the outline scaled by `scale` about its centre. */
  bool operator()(double x, double y, double scale) const {
    const double dx = x - ellipse_.cx, dy = y - ellipse_.cy;
    const double along = (dx * cos_ + dy * sin_) / (ellipse_.major / 2);
    const double across = (dy * cos_ - dx * sin_) / (ellipse_.minor / 2);
    return along * along + across * across <= scale * scale;
  }

 private:
  Ellipse ellipse_;
  double cos_;
  double sin_;
};

}  // namespace cupcheck

#include "reference-crop.h"

#include <algorithm>
#include <cmath>

namespace cupcheck::test {
namespace {

struct Colour {
  double channels[3] = {0, 0, 0};
};

Colour stored(const FrameView& frame, int x, int y) {
  const auto at = [&](int row, int offset) {
    return static_cast<double>(frame.data[static_cast<size_t>(row) * frame.stride + offset]);
  };
  const int pair = x / 2 * 2;
  switch (frame.format) {
    case PixelFormat::kRgb:
      return {{at(y, 3 * x), at(y, 3 * x + 1), at(y, 3 * x + 2)}};
    case PixelFormat::kYuyv:
      return {{at(y, 2 * x), at(y, 2 * pair + 1), at(y, 2 * pair + 3)}};
    case PixelFormat::kNv12:
      return {{at(y, x), at(frame.height + y / 2, pair), at(frame.height + y / 2, pair + 1)}};
    case PixelFormat::kGrey:
      break;
  }
  return {{at(y, x), at(y, x), at(y, x)}};
}

double luma(const Colour& colour) {
  return 0.299 * colour.channels[0] + 0.587 * colour.channels[1] + 0.114 * colour.channels[2];
}

double held(double from, double to, double low, double high) {
  return std::max(0.0, std::min(to, high) - std::max(from, low));
}

/** One side of an upright box. */
struct Side {
  double start, length, low, high;
  int outputs;

  double share(int output, int pixel) const {
    const double step = length / outputs, from = start + output * step;
    if (step > 1) return held(std::max(from, low), std::min(from + step, high), pixel, pixel + 1) / step;
    const double tent = std::max(0.0, 1 - std::fabs(from + step / 2 - (pixel + 0.5)));
    return tent * held(pixel, pixel + 1, low, high);
  }
};

struct Seen {
  Colour sum;
  double inside = 0;

  void add(const FrameView& frame, int x, int y, double share) {
    if (share == 0) return;
    const Colour colour = stored(frame, x, y);
    for (int c = 0; c < 3; ++c) sum.channels[c] += share * colour.channels[c];
    inside += share;
  }
};

Seen upright(const CropJob& job, const float* box, int column, int row) {
  const CropShape& shape = job.shape;
  const double longer = std::max(box[2], box[3]);
  const bool pads = job.squaring == Squaring::kPad;
  const auto side = [&](double start, double length, int pixels, int outputs) {
    const double low = pads ? start : 0, high = pads ? start + length : pixels;
    if (job.squaring == Squaring::kStretch) return Side{start, length, low, high, outputs};
    return Side{start - (longer - length) / 2, longer, low, high, outputs};
  };
  const Side across = side(box[0], box[2], job.frame.width, shape.width);
  const Side down = side(box[1], box[3], job.frame.height, shape.height);
  Seen seen;
  for (int y = 0; y < job.frame.height; ++y) {
    const double share = down.share(row, y);
    for (int x = 0; share > 0 && x < job.frame.width; ++x) seen.add(job.frame, x, y, share * across.share(column, x));
  }
  return seen;
}

Seen rotated(const CropJob& job, const float* box, int column, int row) {
  const CropShape& shape = job.shape;
  const double longer = std::max(box[2], box[3]);
  const bool stretches = job.squaring == Squaring::kStretch;
  const double wide = stretches ? box[2] : longer, high = stretches ? box[3] : longer;
  const int kx = static_cast<int>(std::ceil(wide / shape.width)), ky = static_cast<int>(std::ceil(high / shape.height));
  Seen seen;
  for (int sample = 0; sample < kx * ky; ++sample) {
    const double u = wide * ((column + (sample % kx + 0.5) / kx) / shape.width - 0.5);
    const double v = high * ((row + (sample / kx + 0.5) / ky) / shape.height - 0.5);
    // A sample on the edge counts.
    if (job.squaring == Squaring::kPad && (std::fabs(u) > box[2] / 2.0 + 1e-6 || std::fabs(v) > box[3] / 2.0 + 1e-6))
      continue;
    const double angle = box[4];
    const double x = box[0] + u * std::cos(angle) - v * std::sin(angle);
    const double y = box[1] + u * std::sin(angle) + v * std::cos(angle);
    for (int py = std::max(0.0, y - 2); py < std::min<double>(job.frame.height, y + 2); ++py)
      for (int px = std::max(0.0, x - 2); px < std::min<double>(job.frame.width, x + 2); ++px)
        seen.add(job.frame, px, py,
                 std::max(0.0, 1 - std::fabs(x - px - 0.5)) * std::max(0.0, 1 - std::fabs(y - py - 0.5)) / (kx * ky));
  }
  return seen;
}

double clamped(double value) { return std::clamp(value, 0.0, 255.0); }

/** What the picture shows, as a share of the whole. */
Colour shown(const Seen& seen, PixelFormat format, bool only_luma) {
  Colour colour = seen.sum;
  if (seen.inside == 0) return {};
  if (format == PixelFormat::kYuyv || format == PixelFormat::kNv12) {
    const double y = (seen.sum.channels[0] / seen.inside - 16) * 255 / 219;
    const double u = (seen.sum.channels[1] / seen.inside - 128) / 112, v = (seen.sum.channels[2] / seen.inside - 128) / 112;
    const double red = y + 255 * 0.701 * v, blue = y + 255 * 0.886 * u;
    const double green = (y - 0.299 * red - 0.114 * blue) / 0.587;
    colour = only_luma ? Colour{{clamped(y), clamped(y), clamped(y)}} : Colour{{clamped(red), clamped(green), clamped(blue)}};
    for (double& value : colour.channels) value *= seen.inside;
  }
  return colour;
}

}  // namespace

std::vector<double> reference_crops(const CropJob& job) {
  const CropShape& shape = job.shape;
  const size_t values = job.kind == BoxKind::kUpright ? 4 : 5;
  const Colour fill = {{shape.fill[0], shape.fill[1], shape.fill[2]}};
  std::vector<double> out;
  for (size_t crop = 0; crop < job.box_values / values; ++crop)
    for (int c = 0; c < shape.channels; ++c)
      for (int y = 0; y < shape.height; ++y)
        for (int x = 0; x < shape.width; ++x) {
          const float* box = job.boxes + crop * values;
          const double away = std::hypot(x - (shape.width - 1) / 2.0, y - (shape.height - 1) / 2.0);
          Seen seen;
          if (shape.disc_px == 0 || away <= shape.disc_px / 2)
            seen = job.kind == BoxKind::kUpright ? upright(job, box, x, y) : rotated(job, box, x, y);
          const Colour colour = shown(seen, job.frame.format, shape.channels == 1);
          const double value = shape.channels == 1 ? luma(colour) + (1 - seen.inside) * luma(fill)
                                                   : colour.channels[c] + (1 - seen.inside) * fill.channels[c];
          out.push_back((value - shape.mean[c]) / shape.std[c]);
        }
  return out;
}

}  // namespace cupcheck::test

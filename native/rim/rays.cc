#include "rays.h"

#include <algorithm>
#include <cmath>

namespace cupcheck {
namespace {

constexpr size_t kEdgesPerRay = 6;
/** Steps flatter than this are noise, in levels per pixel after smoothing. */
constexpr float kMinStrength = 1.5f;
constexpr double kPi = 3.14159265358979323846;

/** Bilinear samples a pixel apart, interleaved; the number of them that lie within the picture. */
template <int channels>
int sample_ray(const PixelView& picture, double x0, double y0, double dx, double dy, std::vector<float>& out) {
  const int samples = static_cast<int>(out.size()) / channels;
  for (int k = 0; k < samples; ++k) {
    const double x = x0 + k * dx, y = y0 + k * dy;
    // Asked before they become whole numbers, which they may not fit into.
    if (!(x >= 0 && y >= 0 && x < picture.width - 1 && y < picture.height - 1)) return k;
    const int left = static_cast<int>(x), top = static_cast<int>(y);
    const double fx = x - left, fy = y - top;
    const uint8_t* above = picture.data + static_cast<size_t>(top) * picture.stride + static_cast<size_t>(left) * channels;
    const uint8_t* below = above + picture.stride;
    for (int c = 0; c < channels; ++c) {
      const double upper = above[c] + (above[c + channels] - above[c]) * fx;
      const double lower = below[c] + (below[c + channels] - below[c]) * fx;
      out[static_cast<size_t>(k) * channels + c] = static_cast<float>(upper * (1 - fy) + lower * fy);
    }
  }
  return samples;
}

/** Slope at each sample: the derivative of a small Gaussian (σ ≈ 1 px) over 5 samples, length over the channels. */
template <int channels>
void slopes(const std::vector<float>& samples, int count, std::vector<float>& out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (int k = 2; k < count - 2; ++k) {
    double square = 0;
    for (int c = 0; c < channels; ++c) {
      const float* at = &samples[static_cast<size_t>(k) * channels + c];
      const double near = double{at[channels]} - at[-channels];
      const double far = double{at[2 * channels]} - at[-2 * channels];
      const double slope = (2 * near + far) / 8;
      square += slope * slope;
    }
    out[k] = static_cast<float>(std::sqrt(square / channels));
  }
}

/** 10–90 % width of the step at `peak`, from its height between the points where it levels out and its steepest slope. */
double step_width(const std::vector<float>& slope, int peak) {
  const double top = slope[peak], floor = 0.1 * top;
  int from = peak, to = peak;
  while (from > 0 && slope[from - 1] < slope[from] && slope[from - 1] > floor) --from;
  while (to < static_cast<int>(slope.size()) - 1 && slope[to + 1] < slope[to] && slope[to + 1] > floor) ++to;
  double height = 0;
  for (int k = from; k <= to; ++k) height += slope[k];
  // A Gaussian step of height h and steepest slope s has σ = h / (s √2π), and rises from 10 % to 90 % over 2.563 σ.
  return 2.563 * height / (top * std::sqrt(2 * kPi));
}

template <int channels>
double brightness(const std::vector<float>& samples, int k) {
  double sum = 0;
  for (int c = 0; c < channels; ++c) sum += samples[static_cast<size_t>(k) * channels + c];
  return sum;
}

template <int channels>
std::vector<EdgePoint> edges(const PixelView& picture, const Rays& rays) {
  const size_t length = std::max<size_t>(8, static_cast<size_t>(std::ceil(rays.to - rays.from)));
  std::vector<float> samples(length * channels), slope(length);
  std::vector<int> peaks;
  std::vector<EdgePoint> points;
  points.reserve(static_cast<size_t>(rays.count) * kEdgesPerRay);
  for (int ray = 0; ray < rays.count; ++ray) {
    const double angle = 2 * kPi * ray / rays.count;
    const double dx = std::cos(angle), dy = std::sin(angle);
    const int count = sample_ray<channels>(picture, rays.cx + rays.from * dx, rays.cy + rays.from * dy, dx, dy, samples);
    slopes<channels>(samples, count, slope);
    peaks.clear();
    for (int k = 2; k < count - 2; ++k)
      if (slope[k] >= kMinStrength && slope[k] > slope[k - 1] && slope[k] >= slope[k + 1]) peaks.push_back(k);
    std::stable_sort(peaks.begin(), peaks.end(), [&slope](int a, int b) { return slope[a] > slope[b]; });
    if (peaks.size() > kEdgesPerRay) peaks.resize(kEdgesPerRay);
    for (const int peak : peaks) {
      const double before = slope[peak - 1], here = slope[peak], after = slope[peak + 1];
      const double curve = before - 2 * here + after;
      const double at = rays.from + peak + (curve == 0 ? 0 : (before - after) / (2 * curve));
      const bool rises = brightness<channels>(samples, peak + 1) > brightness<channels>(samples, peak - 1);
      points.push_back({ray, rays.cx + at * dx, rays.cy + at * dy, here, rises, step_width(slope, peak)});
    }
  }
  return points;
}

}  // namespace

std::vector<EdgePoint> edges_along_rays(const PixelView& picture, const Rays& rays) {
  return picture.channels == 3 ? edges<3>(picture, rays) : edges<1>(picture, rays);
}

}  // namespace cupcheck

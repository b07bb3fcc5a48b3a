#include "difference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#include "../pixels.h"

namespace cupcheck {
namespace {

/** Log ratio over which a pixel is brighter than the empty cup: a shadow only darkens. */
constexpr float kBrighter = 0.13f;
/** Log ratio under which it is darker than a soft shadow makes it. */
constexpr float kDarker = -1.3f;
/** Log ratio by which one colour may change against the others: light of another colour is taken out beforehand. */
constexpr float kColour = 0.1f;
/** Log ratio by which a pixel may differ from its surroundings: shadows are soft, things have edges and relief. */
constexpr float kTexture = 0.05f;
/** What noise does to a log ratio grows as light falls: levels of noise over (level + floor). */
constexpr float kNoise = 2;
constexpr float kFloor = 8;
/** Reach of the surroundings, scene pixels; about the softness of a shadow's border. */
constexpr int kSoftReach = 4;
/** A thing is where this share of the pixels around is strange; single strange pixels are noise. */
constexpr int kDenseReach = 2;
constexpr double kDenseShare = 0.4;
/** The light may change so much between the reference and a cup. */
constexpr float kMaxLogGain = 0.6f;

using Plane = std::vector<float>;

/**
 * Natural logarithm of a positive, finite, normal value, to 3e-7 or so: ln m = 2 artanh((m − 1) / (m + 1)) about 1, and
 * the exponent. Without a branch or a table, so that a loop over it becomes vectors.
 */
inline float log_near(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;  // 0x3f3504f3 is √½, so that m lies in √½ to √2
  bits -= exponent * (1 << 23);
  float m;
  std::memcpy(&m, &bits, sizeof m);
  const float s = (m - 1) / (m + 1);
  const float square = s * s;
  const float series = 1 + square * (1.0f / 3 + square * (1.0f / 5 + square * (1.0f / 7 + square * (1.0f / 9))));
  return static_cast<float>(exponent) * 0.69314718f + 2 * s * series;
}

/** The median log ratio of what no item covers, which is what the light itself changed; a seventh of the cells will do. */
float gain_of(const Plane& ratio, const uint8_t* covered) {
  std::vector<float> seen;
  seen.reserve(ratio.size() / 7 + 1);
  for (size_t at = 0; at < ratio.size(); at += 7)
    if (covered[at] == 0 && std::isfinite(ratio[at])) seen.push_back(ratio[at]);
  if (seen.size() < 50) return 0;
  const auto middle = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2);
  std::nth_element(seen.begin(), middle, seen.end());
  return std::max(-kMaxLogGain, std::min(kMaxLogGain, *middle));
}

/** Sums over the square of ± `reach` cells about each cell, cut at the borders. `values` is used up. */
void box_sums(Plane& values, int columns, int rows, int reach, Plane& out) {
  const size_t wide = static_cast<size_t>(columns);
  Plane across(values.size());
  for (int y = 0; y < rows; ++y) {
    const float* row = &values[y * wide];
    double sum = 0;
    for (int x = -reach; x < columns; ++x) {
      if (x + reach < columns) sum += row[x + reach];
      if (x - reach - 1 >= 0) sum -= row[x - reach - 1];
      if (x >= 0) across[y * wide + x] = static_cast<float>(sum);
    }
  }
  // All columns side by side: a row at a time is how memory lies.
  std::vector<double> sums(wide);
  for (int y = -reach; y < rows; ++y) {
    if (y + reach < rows)
      for (size_t x = 0; x < wide; ++x) sums[x] += across[(y + reach) * wide + x];
    if (y - reach - 1 >= 0)
      for (size_t x = 0; x < wide; ++x) sums[x] -= across[(y - reach - 1) * wide + x];
    if (y >= 0)
      for (size_t x = 0; x < wide; ++x) out[y * wide + x] = static_cast<float>(sums[x]);
  }
}

Status check_scene(size_t values, int width, int height, int columns, int rows) {
  const bool sizes = width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide && columns >= 1 && rows >= 1 &&
                     columns <= width && rows <= height;
  if (sizes && values == size_t{3} * width * height) return {};
  return refuse("NATIVE_ARGUMENT", std::to_string(columns) + "×" + std::to_string(rows) + " of a scene of " +
                                       std::to_string(width) + "×" + std::to_string(height) + " with " +
                                       std::to_string(values) + " values");
}

}  // namespace

Status difference_from_empty(const ScenePair& scenes, const uint8_t* covered, uint8_t* marked, size_t cells) {
  const auto& [now, before, values, width, height, columns, rows, mean, std] = scenes;
  if (Status status = check_scene(values, width, height, columns, rows); !status.ok()) return status;
  if (cells != static_cast<size_t>(columns) * rows)
    return refuse("NATIVE_ARGUMENT", "a mask of " + std::to_string(cells) + " cells for " + std::to_string(columns) + "×" +
                                         std::to_string(rows));
  Plane level(cells), ratios[3];
  for (size_t channel = 0; channel < 3; ++channel) {
    Plane& ratio = ratios[channel];
    ratio.resize(cells);
    for (int y = 0; y < rows; ++y) {
      const size_t from = (channel * height + y) * width, to = static_cast<size_t>(y) * columns;
      for (int x = 0; x < columns; ++x) {
        const float here = std::max(0.0f, now[from + x] * std + mean), empty = std::max(0.0f, before[from + x] * std + mean);
        ratio[to + x] = log_near((here + kFloor) / (empty + kFloor));
        level[to + x] += std::min(here, empty) / 3;
      }
    }
    const float gain = gain_of(ratio, covered);
    for (float& value : ratio) value -= gain;
  }
  const auto& [red, green, blue] = ratios;
  Plane light(cells), free(cells), free_light(cells), sums(cells), counts(cells);
  for (size_t at = 0; at < cells; ++at) {
    light[at] = (red[at] + green[at] + blue[at]) / 3;
    free[at] = covered[at] == 0 ? 1.0f : 0.0f;
    free_light[at] = light[at] * free[at];
  }
  box_sums(free_light, columns, rows, kSoftReach, sums);
  box_sums(free, columns, rows, kSoftReach, counts);
  Plane strange(cells);
  for (size_t at = 0; at < cells; ++at) {
    const float noise = kNoise / (level[at] + kFloor);
    const float change = light[at];
    const float colour =
        std::max(std::fabs(red[at] - change), std::max(std::fabs(green[at] - change), std::fabs(blue[at] - change)));
    const float relief = std::fabs(change - sums[at] / std::max(1.0f, counts[at]));
    // Asked this way round so that what is not a number is strange.
    const bool same = (change <= kBrighter + noise) & (change >= kDarker - noise) & (colour <= kColour + noise) &
                      (relief <= kTexture + noise);
    strange[at] = same ? 0 : free[at];
  }
  box_sums(strange, columns, rows, kDenseReach, sums);
  constexpr double square = (2 * kDenseReach + 1) * (2 * kDenseReach + 1);
  for (size_t at = 0; at < cells; ++at) marked[at] = covered[at] == 0 && sums[at] >= kDenseShare * square;
  return {};
}

Status steepest_step(const float* scene, size_t values, int width, int height, int columns, int rows, double* out) {
  if (Status status = check_scene(values, width, height, columns, rows); !status.ok()) return status;
  const size_t plane = static_cast<size_t>(width) * height;
  std::vector<double> steps;
  steps.reserve(static_cast<size_t>(columns) * rows);
  for (int y = 0; y + 1 < rows; ++y)
    for (int x = 0; x + 1 < columns; ++x) {
      double square = 0;
      for (int channel = 0; channel < 3; ++channel) {
        const float* here = scene + channel * plane + static_cast<size_t>(y) * width + x;
        const double right = double{here[1]} - here[0], below = double{here[width]} - here[0];
        square += right * right + below * below;
      }
      if (!std::isnan(square)) steps.push_back(square);
    }
  *out = 0;
  if (steps.empty()) return {};
  const auto wanted = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 100);
  std::nth_element(steps.begin(), wanted, steps.end(), std::greater<>());
  *out = std::sqrt(*wanted);
  return {};
}

}  // namespace cupcheck

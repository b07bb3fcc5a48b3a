#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "axis.h"

namespace cupcheck {

/** Vectors may be stored so many pixels past the end of a row. */
constexpr int kSlackPixels = 8;

/** What one call needs besides its arguments. It only grows, so that the next call of its thread finds it there. */
struct Workspace {
  Axis across;
  Axis down;
  /** One source row, or one row of rotated samples: quads, or single values. */
  std::vector<float> row;
  /** `across` in the form that the steps want. */
  std::vector<int> starts;
  std::vector<float> shares;
  /** One finished row: three channels, and a fourth for the share that comes from the picture. */
  std::vector<float> planes;
  /** Up to four rows of NV12, interleaved as YUYV. */
  std::vector<uint8_t> pairs;
};

template <typename T>
T* room(std::vector<T>& values, size_t count) {
  if (values.size() < count) values.resize(count);
  return values.data();
}

}  // namespace cupcheck

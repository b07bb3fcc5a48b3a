#pragma once

#include <cstddef>
#include <cstdint>

namespace cupcheck::v4l2 {

/** How a driver says that its Y, Cb and Cr are to be read. */
struct YuvCoding {
  enum class Matrix { kBt601, kBt709 } matrix = Matrix::kBt601;
  /** Y from 0 to 255 in place of 16 to 235. */
  bool full_range = false;
};

/** Rows that lie `stride` bytes apart, in the driver's memory. */
struct Rows {
  const uint8_t* data = nullptr;
  size_t stride = 0;
  int width = 0;
  int height = 0;
};

/**
 * To interleaved RGB, rows not padded, each value rounded to the nearest within 1; every byte is read and written once.
 * Width even; `out` has 3 × width × height bytes.
 */
void yuyv_to_rgb(const Rows& rows, YuvCoding coding, uint8_t* out);

/** As yuyv_to_rgb, from a plane of Y and, after its `height` rows, one of Cb Cr pairs. Height even too. */
void nv12_to_rgb(const Rows& rows, YuvCoding coding, uint8_t* out);

/** Takes out the padding of the rows. */
void copy_grey(const Rows& rows, uint8_t* out);

}  // namespace cupcheck::v4l2

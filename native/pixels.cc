#include "pixels.h"

namespace cupcheck {

Status check_pixels(const PixelView& picture) {
  const int sides[2] = {picture.width, picture.height};
  for (const int side : sides)
    if (side < 1 || side > kMaxSide)
      return refuse("NATIVE_ARGUMENT", "a picture of " + std::to_string(picture.width) + "×" + std::to_string(picture.height) +
                      " pixels (1 to 8192 a side)");
  if (picture.channels != 1 && picture.channels != 3)
    return refuse("NATIVE_ARGUMENT", std::to_string(picture.channels) + " channels (1 or 3)");
  const int row_bytes = picture.width * picture.channels;
  if (picture.stride < row_bytes || picture.stride > kMaxStride)
    return refuse("NATIVE_ARGUMENT", "a stride of " + std::to_string(picture.stride) + " bytes for rows of " + std::to_string(row_bytes));
  // The last row need not be padded to the stride.
  const size_t needed = static_cast<size_t>(picture.stride) * (picture.height - 1) + row_bytes;
  if (picture.data == nullptr || picture.bytes < needed)
    return refuse("NATIVE_ARGUMENT", "a picture that needs " + std::to_string(needed) + " bytes has " + std::to_string(picture.bytes));
  return {};
}

}  // namespace cupcheck

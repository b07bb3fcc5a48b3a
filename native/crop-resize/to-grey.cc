#include <cstring>

#include "crop-resize.h"

namespace cupcheck {

Status to_grey(const PixelView& picture, uint8_t* out, size_t out_bytes) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  const size_t width = static_cast<size_t>(picture.width);
  if (out_bytes != width * picture.height)
    return refuse("NATIVE_ARGUMENT", "room for " + std::to_string(out_bytes) + " bytes (" +
                                         std::to_string(width * picture.height) + " are needed)");
  for (int y = 0; y < picture.height; ++y, out += width) {
    const uint8_t* row = picture.data + static_cast<size_t>(y) * picture.stride;
    if (picture.channels == 1) {
      std::memcpy(out, row, width);
      continue;
    }
    // 16-bit fixed point; the three weights add up to 65536 exactly.
    for (size_t x = 0; x < width; ++x, row += 3)
      out[x] = static_cast<uint8_t>((19595u * row[0] + 38470u * row[1] + 7471u * row[2] + 32768u) >> 16);
  }
  return {};
}

}  // namespace cupcheck

#include "pixels.h"

namespace cupcheck {
namespace {

Status argument(std::string message) { return refuse("NATIVE_ARGUMENT", std::move(message)); }

std::string size_text(const FrameView& frame) { return std::to_string(frame.width) + "×" + std::to_string(frame.height); }

/** Bytes of a row, 0 for a format that does not exist. */
int row_bytes(const FrameView& frame) {
  switch (frame.format) {
    case PixelFormat::kGrey:
    case PixelFormat::kNv12:
      return frame.width;
    case PixelFormat::kYuyv:
      return 2 * frame.width;
    case PixelFormat::kRgb:
      return 3 * frame.width;
  }
  return 0;
}

}  // namespace

Status check_frame(const FrameView& frame) {
  for (const int side : {frame.width, frame.height})
    if (side < 1 || side > kMaxSide) return argument("a picture of " + size_text(frame) + " pixels (1 to 8192 a side)");
  const int used = row_bytes(frame);
  if (used == 0) return argument("a pixel format of " + std::to_string(static_cast<int>(frame.format)));
  const bool nv12 = frame.format == PixelFormat::kNv12;
  if ((nv12 || frame.format == PixelFormat::kYuyv) && frame.width % 2 != 0)
    return argument("a YUV picture of " + size_text(frame) + " pixels (its width must be even)");
  if (nv12 && frame.height % 2 != 0)
    return argument("an NV12 picture of " + size_text(frame) + " pixels (its height must be even)");
  if (frame.stride < used || frame.stride > kMaxStride)
    return argument("a stride of " + std::to_string(frame.stride) + " bytes for rows of " + std::to_string(used));
  const size_t rows = static_cast<size_t>(frame.height) + (nv12 ? frame.height / 2 : 0);
  // The last row need not be padded to the stride.
  const size_t needed = static_cast<size_t>(frame.stride) * (rows - 1) + used;
  if (frame.data == nullptr || frame.bytes < needed)
    return argument("a picture that needs " + std::to_string(needed) + " bytes has " + std::to_string(frame.bytes));
  return {};
}

Status check_pixels(const PixelView& picture) {
  if (picture.channels != 1 && picture.channels != 3)
    return argument(std::to_string(picture.channels) + " channels (1 or 3)");
  const PixelFormat format = picture.channels == 3 ? PixelFormat::kRgb : PixelFormat::kGrey;
  return check_frame({picture.data, picture.bytes, picture.width, picture.height, picture.stride, format});
}

}  // namespace cupcheck

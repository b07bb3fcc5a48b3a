#include "formats.h"

#include <linux/videodev2.h>

namespace cupcheck::v4l2 {

uint32_t fourcc_of(Source source) {
  switch (source) {
    case Source::kMjpeg:
      return V4L2_PIX_FMT_MJPEG;
    case Source::kYuyv:
      return V4L2_PIX_FMT_YUYV;
    case Source::kNv12:
      return V4L2_PIX_FMT_NV12;
    case Source::kGrey:
      return V4L2_PIX_FMT_GREY;
  }
  return 0;
}

std::string fourcc_text(uint32_t fourcc) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) {
    const char letter = static_cast<char>(fourcc >> shift & 0x7f);
    text += letter >= ' ' && letter < 0x7f ? letter : '?';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

size_t whole_bytes(const FrameFormat& format) {
  const size_t rows = format.height, stride = format.stride, width = format.width;
  switch (format.source) {
    case Source::kMjpeg:
      return 0;
    case Source::kYuyv:
      return stride * (rows - 1) + 2 * width;
    case Source::kNv12:
      return stride * (rows + rows / 2 - 1) + width;
    case Source::kGrey:
      return stride * (rows - 1) + width;
  }
  return 0;
}

size_t ring_bytes(const FrameFormat& format) {
  const size_t pixels = static_cast<size_t>(format.width) * format.height;
  if (format.source == Source::kMjpeg) return 0;
  return format.source == Source::kGrey ? pixels : 3 * pixels;
}

}  // namespace cupcheck::v4l2

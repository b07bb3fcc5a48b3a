#pragma once

#include <cstdint>
#include <string>

#include "convert.h"

namespace cupcheck::v4l2 {

/** What a camera may deliver, in the order in which the numbers cross to JavaScript. */
enum class Source { kMjpeg = 0, kYuyv = 1, kNv12 = 2, kGrey = 3 };

uint32_t fourcc_of(Source source);

/** "YUYV". */
std::string fourcc_text(uint32_t fourcc);

/** What was agreed with the driver. */
struct FrameFormat {
  Source source = Source::kMjpeg;
  int width = 0;
  int height = 0;
  /** Bytes from one row to the next; 0 for MJPEG. */
  int stride = 0;
  /** Of a driver's buffer. */
  uint32_t buffer_bytes = 0;
  YuvCoding coding;
};

/** Least bytes of a whole frame: raw formats have all their rows. */
size_t whole_bytes(const FrameFormat& format);

/** Bytes of a frame in the ring: RGB, grey, or as many as a JPEG has (0). */
size_t ring_bytes(const FrameFormat& format);

}  // namespace cupcheck::v4l2

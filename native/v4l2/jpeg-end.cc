#include "jpeg-end.h"

#include <cstring>

namespace cupcheck::v4l2 {
namespace {

constexpr uint8_t kStart = 0xd8, kEnd = 0xd9, kScan = 0xda;

bool stands_alone(uint8_t marker) { return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7); }

/** Where the next marker's FF lies in entropy-coded data, whose own FF are followed by 00 or a restart. */
size_t after_scan(const uint8_t* data, size_t at, size_t bytes) {
  while (at + 1 < bytes) {
    const void* found = std::memchr(data + at, 0xff, bytes - 1 - at);
    if (found == nullptr) return bytes;
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - data);
    const uint8_t next = data[at + 1];
    if (next != 0x00 && next != 0xff && !stands_alone(next)) return at;
    at += next == 0xff ? 1 : 2;
  }
  return bytes;
}

}  // namespace

size_t jpeg_length(const uint8_t* data, size_t bytes) {
  if (bytes < 4 || data[0] != 0xff || data[1] != kStart) return 0;
  size_t at = 2;
  while (at + 1 < bytes) {
    if (data[at] != 0xff) return 0;
    const uint8_t marker = data[at + 1];
    if (marker == kEnd) return at + 2;
    if (marker == 0xff) {
      ++at;
      continue;
    }
    if (stands_alone(marker)) {
      at += 2;
      continue;
    }
    if (at + 4 > bytes) return 0;
    const size_t length = static_cast<size_t>(data[at + 2]) << 8 | data[at + 3];
    if (length < 2) return 0;
    at += 2 + length;
    if (marker == kScan) at = after_scan(data, at, bytes);
  }
  return 0;
}

}  // namespace cupcheck::v4l2

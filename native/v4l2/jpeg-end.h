#pragma once

#include <cstddef>
#include <cstdint>

namespace cupcheck::v4l2 {

/**
 * Bytes from the start of a JPEG to the end of its EOI marker, 0 where it does not begin as one or has no end: it is
 * truncated. What follows is padding. Segments are walked (ITU T.81, B.1), so a thumbnail's own EOI ends nothing.
 */
size_t jpeg_length(const uint8_t* data, size_t bytes);

}  // namespace cupcheck::v4l2

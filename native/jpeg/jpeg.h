#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "../pixels.h"

namespace cupcheck {

constexpr size_t kMaxJpegBytes = 256u << 20;

struct Free {
  void operator()(uint8_t* bytes) const;
};

/** Memory owned by libjpeg-turbo's allocator. */
using JpegBytes = std::unique_ptr<uint8_t, Free>;

struct JpegSize {
  int width = 0;
  int height = 0;
};

/**
 * The size that `jpeg_decode` will give at 1/scale (1, 2, 4 or 8), read from the header alone, so that the caller can
 * allocate. Sides are rounded up. Errors: PICTURE_SIZE, PICTURE_CORRUPT, NATIVE_ARGUMENT (scale).
 */
Status jpeg_size(const uint8_t* jpeg, size_t bytes, int scale, JpegSize* out);

/**
 * Decodes into `size.height` rows of `size.width * channels` bytes: RGB (3) or luma (1). Anything that libjpeg warns of
 * (a missing end, a bad code) is PICTURE_CORRUPT, and what `pixels` hold then is no picture. A frame of a motion JPEG
 * without Huffman tables is decoded with the standard ones (ITU T.81, K.3), which libjpeg-turbo supplies.
 * Errors: PICTURE_CORRUPT, PICTURE_SIZE, NATIVE_ARGUMENT (less room than `size` needs).
 */
Status jpeg_decode(const uint8_t* jpeg, size_t bytes, const JpegSize& size, int channels, uint8_t* pixels, size_t room);

struct JpegSpan {
  JpegBytes data;
  size_t bytes = 0;
};

/** Encodes RGB (4:2:0) or luma. Errors: PICTURE_SIZE, NATIVE_ARGUMENT (the picture, or a quality not 1 to 100). */
Status jpeg_encode(const PixelView& picture, int quality, JpegSpan* out);

}  // namespace cupcheck

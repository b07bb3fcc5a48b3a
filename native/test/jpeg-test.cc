#include <turbojpeg.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "../jpeg/jpeg.h"
#include "harness.h"

namespace cupcheck::test {
namespace {

std::vector<uint8_t> encoded(Random& random, int width, int height, int channels) {
  const std::vector<uint8_t> pixels = smooth_pixels(random, width, height, channels);
  JpegSpan jpeg;
  expect_code(jpeg_encode({pixels.data(), pixels.size(), width, height, width * channels, channels}, 85, &jpeg), nullptr,
              "a picture is encoded");
  return {jpeg.data.get(), jpeg.data.get() + jpeg.bytes};
}

// Our encoder writes none, but a camera or a person may hand us one, and its decoder is another one.
std::vector<uint8_t> encoded_progressive(Random& random, int width, int height) {
  const std::vector<uint8_t> pixels = smooth_pixels(random, width, height, 3);
  unsigned char* data = nullptr;
  unsigned long bytes = 0;
  tjhandle handle = tjInitCompress();
  const int failed = tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &data, &bytes, TJSAMP_422, 85,
                                 TJFLAG_PROGRESSIVE);
  expect(failed == 0, "a progressive picture is encoded");
  std::vector<uint8_t> jpeg(data, data + bytes);
  tjFree(data);
  tjDestroy(handle);
  return jpeg;
}

Status decode(const std::vector<uint8_t>& jpeg, int scale, int channels) {
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data(), jpeg.size(), scale, &size); !status.ok()) return status;
  // Exactly as large as needed: a byte too many is an error to the address sanitizer.
  std::vector<uint8_t> pixels(static_cast<size_t>(size.width) * size.height * channels);
  return jpeg_decode(jpeg.data(), jpeg.size(), size, channels, pixels.data(), pixels.size());
}

}  // namespace

void test_jpeg(Random& random) {
  for (const std::vector<uint8_t>& jpeg : {encoded(random, 515, 517, 1), encoded(random, 515, 517, 3),
                                           encoded_progressive(random, 515, 517)}) {
    for (const int scale : {1, 2, 4, 8})
      for (const int wanted : {1, 3}) expect_code(decode(jpeg, scale, wanted), nullptr, "a whole JPEG decodes");
    for (size_t cut = 0; cut < jpeg.size(); cut += jpeg.size() / 40 + 1)
      expect_code(decode({jpeg.begin(), jpeg.begin() + cut}, 1, 3), "PICTURE_CORRUPT", "a cut JPEG is refused");
    expect_code(decode({jpeg.begin(), jpeg.end() - 1}, 1, 3), "PICTURE_CORRUPT", "one byte short is refused");
    expect_code(decode(jpeg, 3, 3), "NATIVE_ARGUMENT", "a scale of 1/3 is refused");
  }
  expect_code(decode(encoded(random, 120, 64, 3), 2, 3), "PICTURE_SIZE", "a scaled side below 64 is refused");
  expect_code(decode({}, 1, 3), "PICTURE_CORRUPT", "no bytes are refused");
}

/** Damages JPEGs at random and decodes them; any answer is right as long as no sanitizer objects. */
int fuzz_jpeg(Random& random, double seconds) {
  const std::vector<uint8_t> seeds[] = {encoded(random, 81, 80, 1), encoded(random, 99, 80, 3),
                                        encoded_progressive(random, 90, 70)};
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int decoded = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::vector<uint8_t> jpeg = seeds[between(random, 0, 2)];
    for (int changes = between(random, 1, 12); changes > 0 && !jpeg.empty(); --changes) {
      const int size = static_cast<int>(jpeg.size());
      // Half of the damage goes to the headers, where sizes, tables and markers are.
      const int at = between(random, 0, (between(random, 0, 1) ? size : std::min(size, 640)) - 1);
      const int kind = between(random, 0, 9);
      if (kind < 7) jpeg[at] = static_cast<uint8_t>(between(random, 0, 255));
      if (kind == 7) jpeg.resize(at);
      if (kind == 8) jpeg.insert(jpeg.begin() + at, static_cast<uint8_t>(between(random, 0, 255)));
      if (kind == 9) jpeg.erase(jpeg.begin() + at);
    }
    static_cast<void>(decode(jpeg, 1 << between(random, 0, 3), between(random, 0, 1) ? 3 : 1));
    ++decoded;
  }
  return decoded;
}

}  // namespace cupcheck::test

// What capture does to bytes: colours, paddings, the ends of JPEGs.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../v4l2/convert.h"
#include "../v4l2/jpeg-end.h"
#include "fake-kernel.h"
#include "harness.h"

namespace cupcheck::test {
namespace {

using v4l2::Rows;
using v4l2::YuvCoding;

/** ITU-R BT.601 and BT.709 as the books have them. */
void reference_rgb(double y, double cb, double cr, YuvCoding coding, int* rgb) {
  const bool bt709 = coding.matrix == YuvCoding::Matrix::kBt709;
  const double kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114, kg = 1 - kr - kb;
  const double luma = coding.full_range ? y / 255 : (y - 16) / 219;
  const double blue = (cb - 128) / (coding.full_range ? 255 : 224), red = (cr - 128) / (coding.full_range ? 255 : 224);
  const double colours[] = {luma + 2 * (1 - kr) * red,
                            luma - 2 * (1 - kb) * kb / kg * blue - 2 * (1 - kr) * kr / kg * red,
                            luma + 2 * (1 - kb) * blue};
  for (int i = 0; i < 3; ++i)
    rgb[i] = static_cast<int>(std::lround(255 * std::min(1.0, std::max(0.0, colours[i]))));
}

/** The bytes with none to spare on either side: a read or a write too far is seen by the sanitizer. */
std::vector<uint8_t> random_bytes(Random& random, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(between(random, 0, 255));
  return bytes;
}

int worst_of_yuyv(Random& random, int width, int height, int padding, YuvCoding coding) {
  const size_t stride = 2 * static_cast<size_t>(width) + padding;
  const auto frame = random_bytes(random, stride * (height - 1) + 2 * width);
  std::vector<uint8_t> out(3 * static_cast<size_t>(width) * height);
  v4l2::yuyv_to_rgb({frame.data(), stride, width, height}, coding, out.data());
  int worst = 0;
  for (int row = 0; row < height; ++row)
    for (int x = 0; x < width; ++x) {
      const uint8_t* pair = frame.data() + row * stride + x / 2 * 4;
      int rgb[3];
      reference_rgb(pair[x % 2 * 2], pair[1], pair[3], coding, rgb);
      for (int c = 0; c < 3; ++c)
        worst = std::max(worst, std::abs(rgb[c] - out[3 * (static_cast<size_t>(row) * width + x) + c]));
    }
  return worst;
}

int worst_of_nv12(Random& random, int width, int height, int padding, YuvCoding coding) {
  const size_t stride = static_cast<size_t>(width) + padding;
  const auto frame = random_bytes(random, stride * (height * 3 / 2 - 1) + width);
  std::vector<uint8_t> out(3 * static_cast<size_t>(width) * height);
  v4l2::nv12_to_rgb({frame.data(), stride, width, height}, coding, out.data());
  int worst = 0;
  for (int row = 0; row < height; ++row)
    for (int x = 0; x < width; ++x) {
      const uint8_t* pair = frame.data() + (height + row / 2) * stride + x / 2 * 2;
      int rgb[3];
      reference_rgb(frame[row * stride + x], pair[0], pair[1], coding, rgb);
      for (int c = 0; c < 3; ++c)
        worst = std::max(worst, std::abs(rgb[c] - out[3 * (static_cast<size_t>(row) * width + x) + c]));
    }
  return worst;
}

}  // namespace

void test_v4l2_conversion(Random& random) {
  for (const auto matrix : {YuvCoding::Matrix::kBt601, YuvCoding::Matrix::kBt709})
    for (const bool full : {false, true})
      for (const int width : {2, 62, 64, 66, 190, 640}) {
        const int height = 2 * between(random, 1, 8), padding = between(random, 0, 1) * between(random, 1, 99);
        expect(worst_of_yuyv(random, width, height, padding, {matrix, full}) <= 1, "YUYV becomes RGB within a level");
        expect(worst_of_nv12(random, width, height, padding, {matrix, full}) <= 1, "NV12 becomes RGB within a level");
      }
  for (const int padding : {0, 13}) {
    const int width = 67, height = 5;
    const auto frame = random_bytes(random, (width + padding) * (height - 1) + width);
    std::vector<uint8_t> out(static_cast<size_t>(width) * height);
    v4l2::copy_grey({frame.data(), static_cast<size_t>(width + padding), width, height}, out.data());
    bool same = true;
    for (int row = 0; row < height; ++row)
      same = same && std::memcmp(out.data() + row * width, frame.data() + row * (width + padding), width) == 0;
    expect(same, "grey keeps its values and loses its padding");
  }
}

void test_v4l2_jpeg_length(Random& random) {
  const auto length = [](const std::vector<uint8_t>& bytes) { return v4l2::jpeg_length(bytes.data(), bytes.size()); };
  std::vector<uint8_t> jpeg = fake_jpeg(7, 300);
  expect(length(jpeg) == 300, "a whole JPEG ends at its EOI");
  for (size_t cut = 0; cut < 300; ++cut)
    expect(length({jpeg.begin(), jpeg.begin() + static_cast<long>(cut)}) == 0, "a JPEG that is cut off has no end");
  std::vector<uint8_t> padded = jpeg;
  padded.resize(4000, 0xff);
  expect(length(padded) == 300, "padding behind the EOI is left out");
  padded[3000] = 0xff;
  padded[3001] = 0xd9;
  expect(length(padded) == 300, "the EOI of an older frame in the padding does not count");
  std::vector<uint8_t> stuffed = jpeg;
  stuffed[100] = 0xff;
  stuffed[101] = 0x00;
  stuffed[120] = 0xff;
  stuffed[121] = 0xd3;
  expect(length(stuffed) == 300, "stuffed bytes and restarts are part of the scan");
  // SOI, an APP1 that holds a whole JPEG, then the picture.
  std::vector<uint8_t> thumb = {0xff, 0xd8, 0xff, 0xe1, 0, 12, 1, 2, 0xff, 0xd8, 0xff, 0xd9, 3, 4, 5, 6};
  thumb.insert(thumb.end(), jpeg.begin() + 2, jpeg.end());
  expect(length(thumb) == thumb.size(), "a thumbnail's EOI ends nothing");
  thumb.resize(thumb.size() - 2);
  expect(length(thumb) == 0, "a thumbnail's EOI is not taken for a truncated picture's");
  std::vector<uint8_t> old = jpeg;
  old[1] = 0;
  expect(length(old) == 0, "what does not begin as a JPEG is none");
  for (int round = 0; round < 2000; ++round) {
    std::vector<uint8_t> noise = random_bytes(random, static_cast<size_t>(between(random, 0, 400)));
    for (size_t i = 0; i + 1 < std::min<size_t>(noise.size(), 2); ++i) noise[i] = i == 0 ? 0xff : 0xd8;
    for (uint8_t& byte : noise)
      if (between(random, 0, 5) == 0) byte = 0xff;
    expect(length(noise) <= noise.size(), "no bytes lead out of the buffer");
  }
}

}  // namespace cupcheck::test

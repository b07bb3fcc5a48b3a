#include <limits>
#include <vector>

#include "../crop-resize/crop-resize.h"
#include "harness.h"

namespace cupcheck::test {

void test_crop(Random& random) {
  for (int round = 0; round < 400; ++round) {
    const int channels = between(random, 0, 1) ? 3 : 1;
    const int width = between(random, 1, 90), height = between(random, 1, 90);
    const int stride = width * channels + between(random, 0, 7);
    std::vector<uint8_t> pixels(static_cast<size_t>(stride) * (height - 1) + width * channels, 200);
    std::vector<float> boxes;
    const int count = between(random, 0, 3);
    std::uniform_real_distribution<float> corner(-150, 150), side(0.01f, 300);
    for (int i = 0; i < count; ++i)
      for (const float value : {corner(random), corner(random), side(random), side(random)}) boxes.push_back(value);
    const CropShape shape = {between(random, 1, 40), between(random, 1, 40), between(random, 0, 1) ? 3 : 1, 0, 1, 50};
    std::vector<float> out(static_cast<size_t>(count) * shape.channels * shape.width * shape.height, -1);
    const PixelView picture = {pixels.data(), pixels.size(), width, height, stride, channels};
    expect_code(crop_resize(picture, boxes.data(), count, shape, out.data(), out.size()), nullptr, "crops");
    bool in_range = true;
    for (const float value : out) in_range = in_range && value > 49.9f && value < 200.1f;
    expect(in_range, "every value is a mean of pixels and fill");
    std::vector<uint8_t> grey(static_cast<size_t>(width) * height);
    expect_code(to_grey(picture, grey.data(), grey.size()), nullptr, "grey");
    expect(grey.back() == 200, "grey of grey is the same grey");
  }
  const std::vector<uint8_t> pixels(64 * 64);
  const PixelView picture = {pixels.data(), pixels.size(), 64, 64, 64, 1};
  const CropShape shape = {8, 8, 1, 0, 1, 0};
  std::vector<float> out(64);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity, 1e9f, 0.0f, -4.0f}) {
    const float box[4] = {0, 0, bad, 5};
    expect_code(crop_resize(picture, box, 1, shape, out.data(), 64), "NATIVE_ARGUMENT", "a bad box is refused");
  }
  const float box[4] = {0, 0, 64, 64};
  expect_code(crop_resize(picture, box, 1, shape, out.data(), 63), "NATIVE_ARGUMENT", "too little room is refused");
  const PixelView cut = {pixels.data(), pixels.size() - 1, 64, 64, 64, 1};
  expect_code(crop_resize(cut, box, 1, shape, out.data(), 64), "NATIVE_ARGUMENT", "missing pixels are refused");
  const CropShape no_std = {8, 8, 1, 0, 0, 0};
  expect_code(crop_resize(picture, box, 1, no_std, out.data(), 64), "NATIVE_ARGUMENT", "a std of 0 is refused");
}

}  // namespace cupcheck::test

#include "harness.h"

#include <cstdio>
#include <string>

namespace cupcheck::test {
namespace {

int check_count = 0;
int failure_count = 0;

}  // namespace

int checks() { return check_count; }
int failures() { return failure_count; }

void expect(bool holds, const char* what) {
  ++check_count;
  if (holds) return;
  ++failure_count;
  std::fprintf(stderr, "failed: %s\n", what);
}

void expect_code(const Status& status, const char* code, const char* what) {
  const bool same = code == nullptr ? status.ok() : !status.ok() && std::string(status.code) == code;
  expect(same, what);
  if (!same) std::fprintf(stderr, "  got %s: %s\n", status.code ? status.code : "ok", status.message.c_str());
}

int between(Random& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

std::vector<uint8_t> smooth_pixels(Random& random, int width, int height, int channels) {
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * height * channels);
  const int red = between(random, 1, 9), green = between(random, 1, 9);
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t x = i / channels % width, y = i / channels / width;
    pixels[i] = static_cast<uint8_t>(x * red + y * green + i % channels * 40 + between(random, 0, 15));
  }
  return pixels;
}

}  // namespace cupcheck::test

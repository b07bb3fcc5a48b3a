#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "../status.h"

namespace cupcheck::test {

using Random = std::mt19937;

/** Counts one check, and says what failed. */
void expect(bool holds, const char* what);

/** `code` null: nothing may be wrong. */
void expect_code(const Status& status, const char* code, const char* what);

int checks();
int failures();

int between(Random& random, int low, int high);

/** Colours that change slowly, with a little noise: `height` rows of `width * channels` bytes. */
std::vector<uint8_t> smooth_pixels(Random& random, int width, int height, int channels);

// One for each module: every behaviour once; fuzz_… goes on with random input and says how often.
void test_ring();
void test_gpio();
void test_jpeg(Random& random);
int fuzz_jpeg(Random& random, double seconds);
void test_crop(Random& random);
int fuzz_crop(Random& random, double seconds);
void test_v4l2_conversion(Random& random);
void test_v4l2_jpeg_length(Random& random);
void test_v4l2_parts();
void test_v4l2_setup();
void test_v4l2_capture();
int fuzz_quality(Random& random, double seconds);

}  // namespace cupcheck::test

// Drives the kernels without Node, built with the address and undefined-behaviour sanitizers by scripts/sanitize.sh.
// kernels-test SECONDS [SEED]: every behaviour once, then random input for that long.
#include <cstdio>
#include <cstdlib>

#include "harness.h"

using namespace cupcheck::test;

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : std::random_device{}();
  Random random(seed);
  test_ring();
  test_gpio();
  test_jpeg(random);
  test_crop(random);
  test_v4l2_conversion(random);
  test_v4l2_jpeg_length(random);
  test_v4l2_parts();
  test_v4l2_setup();
  test_v4l2_capture();
  const int decoded = fuzz_jpeg(random, seconds / 3);
  const int cropped = fuzz_crop(random, seconds / 3);
  const int measured = fuzz_quality(random, seconds / 3);
  std::printf("%d checks, %d failed, %d damaged JPEGs decoded, %d random crops, %d random scenes (seed %u)\n", checks(), failures(),
              decoded, cropped, measured, seed);
  return failures() == 0 ? 0 : 1;
}

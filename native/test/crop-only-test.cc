// Drives the crops alone: for processors that this machine only emulates (scripts/neon.sh).
// crop-only-test SECONDS [SEED]: every behaviour once, then random input for that long.
#include <cstdio>
#include <cstdlib>

#include "../crop-resize/paths.h"
#include "harness.h"

using namespace cupcheck::test;

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : std::random_device{}();
  Random random(seed);
  test_crop(random);
  const int cropped = fuzz_crop(random, seconds);
  std::printf("fastest path %s: %d checks, %d failed, %d random crops (seed %u)\n",
              cupcheck::row_steps(cupcheck::CropPath::kFastest)->name, checks(), failures(), cropped, seed);
  return failures() == 0 ? 0 : 1;
}

// Drives the kernels without Node, built with the address and undefined-behaviour sanitizers by scripts/sanitize.sh.
// kernels-test SECONDS [SEED]: every behaviour once, then random damage to JPEGs for that long.
#include <cstdio>
#include <cstdlib>

#include "harness.h"

using namespace cupcheck::test;

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : std::random_device{}();
  Random random(seed);
  test_ring();
  test_jpeg(random);
  test_crop(random);
  const int decoded = fuzz_jpeg(random, seconds);
  std::printf("%d checks, %d failed, %d damaged JPEGs decoded (seed %u)\n", checks(), failures(), decoded, seed);
  return failures() == 0 ? 0 : 1;
}

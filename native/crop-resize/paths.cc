#include "paths.h"

namespace cupcheck {

const RowSteps* scalar_steps();
#if defined(__x86_64__)
const RowSteps* avx2_steps();
#elif defined(__aarch64__)
const RowSteps* neon_steps();
#endif

const RowSteps* row_steps(CropPath path) {
#if defined(__x86_64__)
  static const bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if ((path == CropPath::kFastest || path == CropPath::kAvx2) && has_avx2) return avx2_steps();
#elif defined(__aarch64__)
  // Every arm64 processor has NEON.
  if (path == CropPath::kFastest || path == CropPath::kNeon) return neon_steps();
#endif
  if (path == CropPath::kFastest || path == CropPath::kScalar) return scalar_steps();
  return nullptr;
}

}  // namespace cupcheck

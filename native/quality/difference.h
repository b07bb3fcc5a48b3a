#pragma once

#include <cstddef>
#include <cstdint>

#include "../status.h"

namespace cupcheck {

/** The part of two scenes (planar RGB, normalised) that is compared: `columns` × `rows` at the top left of width × height. */
struct ScenePair {
  const float* now = nullptr;
  const float* before = nullptr;
  size_t values = 0;
  int width = 0;
  int height = 0;
  int columns = 0;
  int rows = 0;
  float mean = 0;
  float std = 1;
};

/**
 * Marks (1) what differs from the empty cup, as src/native/quality.ts says. `covered` (1 = a judged item explains it)
 * and `marked` hold columns × rows. Errors: NATIVE_ARGUMENT.
 */
Status difference_from_empty(const ScenePair& scenes, const uint8_t* covered, uint8_t* marked, size_t cells);

/** The step between neighbours (right and below, all channels together) that 1 pixel in 100 of the used part exceeds. */
Status steepest_step(const float* scene, size_t values, int width, int height, int columns, int rows, double* out);

}  // namespace cupcheck

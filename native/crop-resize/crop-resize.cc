#include "crop-resize.h"

#include "output-rows.h"

namespace cupcheck {

Status crop_resize(const CropJob& job) {
  if (Status status = check_crops(job); !status.ok()) return status;
  thread_local Workspace work;
  const RowSteps& steps = *row_steps(job.path);
  OutputRows rows(job, steps, work);
  const bool upright = job.kind == BoxKind::kUpright;
  const size_t values = upright ? 4 : 5;
  for (size_t crop = 0; crop < job.box_values / values; ++crop) {
    const float* box = job.boxes + crop * values;
    if (upright) {
      crop_upright(job, steps, box, crop, rows, work);
    } else {
      crop_rotated(job, steps, box, crop, rows, work);
    }
  }
  return {};
}

}  // namespace cupcheck

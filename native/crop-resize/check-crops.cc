#include <cmath>
#include <cstdio>

#include "crop-resize.h"

namespace cupcheck {
namespace {

Status argument(std::string message) { return refuse("NATIVE_ARGUMENT", std::move(message)); }

Status check_shape(const CropShape& shape) {
  if (shape.width < 1 || shape.height < 1 || shape.width > kMaxCropSide || shape.height > kMaxCropSide)
    return argument("crops of " + std::to_string(shape.width) + "×" + std::to_string(shape.height) +
                    " pixels (1 to 2048 a side)");
  if (shape.channels != 1 && shape.channels != 3)
    return argument(std::to_string(shape.channels) + " channels (1 or 3)");
  for (int c = 0; c < 3; ++c)
    if (!std::isfinite(shape.mean[c]) || !std::isfinite(shape.fill[c]) || !std::isfinite(1 / shape.std[c]) ||
        !std::isfinite(shape.std[c]))
      return argument("mean, std and fill must be finite, and std not 0");
  if (!(shape.disc_px >= 0 && shape.disc_px <= 2 * kMaxCropSide))
    return argument("a disc of " + std::to_string(shape.disc_px) + " pixels (0 for none, to 4096)");
  return {};
}

std::string box_text(const float* box, size_t values, size_t index) {
  std::string text = "box " + std::to_string(index) + " is (";
  for (size_t i = 0; i < values; ++i) text += (i > 0 ? ", " : "") + std::to_string(box[i]);
  return text + ")";
}

Status check_box(const CropJob& job, const float* box, size_t values, size_t index) {
  for (size_t i = 0; i < values; ++i)
    if (!(std::fabs(box[i]) <= kMaxBoxPx))
      return argument(box_text(box, values, index) + ": all must be finite and within ±65536");
  if (!(box[2] > 0 && box[3] > 0)) return argument(box_text(box, values, index) + ": its sides must be above 0");
  if (job.kind == BoxKind::kUpright) return {};
  const float longer = box[2] > box[3] ? box[2] : box[3];
  const bool squared = job.squaring != Squaring::kStretch;
  const float width = squared ? longer : box[2], height = squared ? longer : box[3];
  if (width > static_cast<float>(kMaxRotatedShrink * job.shape.width) ||
      height > static_cast<float>(kMaxRotatedShrink * job.shape.height))
    return argument(box_text(box, values, index) + ": rotated, it may be at most 32 times as large as its crop");
  return {};
}

}  // namespace

Status check_crops(const CropJob& job) {
  if (Status status = check_frame(job.frame); !status.ok()) return status;
  if (Status status = check_shape(job.shape); !status.ok()) return status;
  if (row_steps(job.path) == nullptr)
    return argument("path " + std::to_string(static_cast<int>(job.path)) + ", which this processor does not have");
  const size_t values = job.kind == BoxKind::kUpright ? 4 : 5;
  if (job.box_values % values != 0)
    return argument("boxes hold " + std::to_string(job.box_values) + " values (" + std::to_string(values) +
                    " for each)");
  const size_t count = job.box_values / values;
  if (count > kMaxBoxes) return argument(std::to_string(count) + " boxes (at most 256)");
  for (size_t i = 0; i < count; ++i)
    if (Status status = check_box(job, job.boxes + values * i, values, i); !status.ok()) return status;
  const size_t needed = count * job.shape.channels * job.shape.height * job.shape.width;
  if (job.out_values != needed)
    return argument("room for " + std::to_string(job.out_values) + " values (" + std::to_string(needed) +
                    " are needed)");
  return {};
}

}  // namespace cupcheck

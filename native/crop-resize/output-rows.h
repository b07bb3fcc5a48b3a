#pragma once

#include <cstddef>

#include "crop-resize.h"
#include "workspace.h"

namespace cupcheck {

/** Outputs from `from` to before `to`. */
struct Span {
  int from = 0;
  int to = 0;
};

/** The second half of the work, the same for every kind of box: a row of filtered pixels becomes a row of the tensor. */
class OutputRows {
 public:
  OutputRows(const CropJob& job, const RowSteps& steps, Workspace& work);

  /** The outputs of a row that the disc shows; empty above and below it. */
  Span shown(int y) const;

  float* planes() { return planes_; }
  int plane() const { return plane_; }
  /** The plane that takes the share of each value that comes from the picture. */
  float* inside() { return planes_ + 3 * static_cast<size_t>(plane_); }
  /** Whether the rows hold three channels (else one). */
  bool coloured() const { return coloured_; }

  /**
   * Whether the filter across can write what is stored: floats of RGB, in rows of whole vectors. It then takes its weights
   * times `scale`, begins with `offset`, and `mask` does the rest.
   */
  bool direct() const { return direct_; }
  float scale(int channel) const { return 1 / job_.shape.std[channel]; }
  /** Four values: what (0 − mean) / std is. */
  const float* offset() const { return offset_; }
  /** The row's first channel; the others follow at `direct_plane` values each. */
  float* direct_row(size_t crop, int y) const;
  int direct_plane() const { return job_.shape.width * job_.shape.height; }
  /** All outputs but those of `span` become fill. */
  void mask(size_t crop, int y, Span span) const;

  /** Finishes what lies in `planes` for the outputs of `span`; all others become fill. Without `all_inside`, by `inside`. */
  void store(size_t crop, int y, Span span, bool all_inside);

 private:
  void store_channel(size_t row, int channel, const float* values) const;
  float fill_of(int channel) const;

  const CropJob& job_;
  const RowSteps& steps_;
  const int plane_;
  const bool coloured_;
  float* planes_;
  const bool direct_;
  float offset_[4] = {0, 0, 0, 0};
};

/** Outputs that are made at once. */
constexpr int kVectorOutputs = 8;

/** Cuts one upright box. */
void crop_upright(const CropJob& job, const RowSteps& steps, const float* box, size_t crop, OutputRows& rows,
                  Workspace& work);

/** Cuts one rotated box. */
void crop_rotated(const CropJob& job, const RowSteps& steps, const float* box, size_t crop, OutputRows& rows,
                  Workspace& work);

}  // namespace cupcheck

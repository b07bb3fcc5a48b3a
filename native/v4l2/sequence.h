#pragma once

#include <cstdint>

namespace cupcheck::v4l2 {

/**
 * The driver's frame numbers (32 bits, from 0 at each start of a stream) as numbers that only grow. Drivers that number
 * nothing, or backwards, are counted for.
 */
class Sequence {
 public:
  explicit Sequence(uint64_t first) : next_(first) {}

  /** The frame's number; adds to `missed` what was left out since the one before. */
  uint64_t next(uint32_t driver, uint64_t* missed) {
    // Across the wrap from 2^32 - 1 to 0 too.
    const int32_t step = started_ ? static_cast<int32_t>(driver - last_) : 1;
    if (step > 1) {
      *missed += static_cast<uint64_t>(step) - 1;
      next_ += static_cast<uint64_t>(step) - 1;
    }
    started_ = true;
    last_ = driver;
    return next_++;
  }

 private:
  uint64_t next_;
  uint32_t last_ = 0;
  bool started_ = false;
};

}  // namespace cupcheck::v4l2

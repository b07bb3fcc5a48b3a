#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "../status.h"

namespace cupcheck::v4l2 {

/** A frame that lies in the ring. */
struct Delivery {
  uint64_t want = 0;
  uint32_t slot = 0;
  /** What went wrong in place of a frame; the slot holds none then. */
  Status status;
  uint64_t generation = 0;
  uint64_t bytes = 0;
  uint64_t seq = 0;
  /** The driver's stamp. */
  int64_t stamp_ns = 0;
};

/**
 * Who waits for a frame: a fixed table between the thread that has frames and the one that wants them. Each want brings
 * the ring slot for its frame; a frame answers one want, the one that has waited longest for such a frame.
 */
class Wants {
 public:
  static constexpr size_t kMost = 64;

  /** A want's number, from 1; 0 where the table is full. */
  uint64_t add(int64_t after_ns, uint32_t slot);

  /** True: given up, its slot is free. False: it is answered already or just now, and has to be taken. */
  bool give_up(uint64_t want);

  /** What is answered; false where nothing is. */
  bool take(Delivery* out);

  /** For the thread with the frames: reserves the want that this frame answers. False where nobody waits for it. */
  bool begin(int64_t stamp_ns, uint64_t* want, uint32_t* slot);
  void finish(const Delivery& delivery);

  /** Answers every want that waits with the error; true where there was one. */
  bool fail_all(const Status& status);

 private:
  enum class State { kFree, kWaiting, kFilling, kAnswered };
  struct Want {
    State state = State::kFree;
    uint64_t number = 0;
    int64_t after_ns = 0;
    uint32_t slot = 0;
    Delivery answer;
  };

  Want* find(uint64_t number);

  std::mutex mutex_;
  std::array<Want, kMost> table_;
  uint64_t last_number_ = 0;
};

}  // namespace cupcheck::v4l2

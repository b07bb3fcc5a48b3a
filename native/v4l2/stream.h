#pragma once

#include <cstdint>
#include <vector>

#include "../status.h"
#include "device.h"

namespace cupcheck::v4l2 {

/** A frame in the driver's memory, ours until it is given back. */
struct DriverFrame {
  uint32_t index = 0;
  const uint8_t* data = nullptr;
  size_t bytes = 0;
  uint32_t sequence = 0;
  int64_t stamp_ns = 0;
  /** V4L2_BUF_FLAG_ERROR, or more bytes than the buffer has. */
  bool broken = false;
  bool monotonic = false;
};

/** The driver's buffers, mapped and queued; streaming from `start` to its end. */
class Stream {
 public:
  explicit Stream(Device& device) : device_(device) {}
  ~Stream() { stop(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /** Errors: CAMERA_SETUP (no memory, fewer than 2 buffers), CAMERA_GONE. */
  Status start(uint32_t buffers);
  void stop();

  /** Waits for a frame or for `wake_fd`: as Kernel::poll. */
  int wait(int wake_fd, int timeout_ms) { return device_.kernel().poll(device_.fd(), wake_fd, timeout_ms); }

  enum class Next { kFrame, kNone, kFailed };
  /** Takes the oldest frame from the driver, without waiting. `status`: why it failed, CAMERA_GONE. */
  Next next(DriverFrame* frame, Status* status);

  /** Lets the driver fill the buffer again. Errors: CAMERA_GONE. */
  Status give_back(const DriverFrame& frame);

 private:
  struct Mapped {
    void* memory = nullptr;
    size_t bytes = 0;
  };

  Status queue(uint32_t index);

  Device& device_;
  std::vector<Mapped> buffers_;
  bool streaming_ = false;
};

}  // namespace cupcheck::v4l2

#pragma once

#include <linux/videodev2.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../v4l2/kernel.h"

namespace cupcheck::test {

/** A frame as the fake driver is told to give it. */
struct FakeFrame {
  std::vector<uint8_t> bytes;
  uint32_t flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  /** From now; the past is negative. */
  int64_t stamp_offset_ns = 0;
  /** In place of it, a moment by itself, in whole microseconds; 0 = none. */
  int64_t stamp_ns = 0;
  /** Numbers that the driver leaves out before it. */
  uint32_t skip = 0;
  /** What the driver says that it filled; -1 = all of `bytes`. */
  int64_t bytes_used = -1;
  /** The buffer that the driver says it is in; -1 = the one that it is in. */
  int index_said = -1;
};

struct FakeControl {
  v4l2_queryctrl query{};
  int32_t value = 0;
  std::vector<std::string> menu;
  /** What it becomes, whatever it is set to; -1 = what it is set to. */
  int32_t stuck_at = -1;
  /** What the driver sets it to when the stream starts; -1 = it leaves it alone. */
  int32_t at_stream_start = -1;
  /** Inactive while the control of this id is not 1. */
  uint32_t steered_by = 0;
};

FakeControl fake_control(uint32_t id, uint32_t type, const char* name, int low, int high, int value);

/** A whole JPEG as far as markers go, with `fill` (not FF) as its picture. */
std::vector<uint8_t> fake_jpeg(uint8_t fill, size_t bytes);

/**
 * One capture device at /dev/fake-camera that behaves as a driver does, and misbehaves as it is told. Frames come one by
 * one (`play`) or by themselves (`run`). Times are the real CLOCK_MONOTONIC, with what was added to it.
 */
class FakeKernel final : public v4l2::Kernel {
 public:
  static constexpr const char* kPath = "/dev/fake-camera";

  FakeKernel();
  ~FakeKernel() override;

  // How the device is.
  uint32_t capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
  std::vector<FakeControl> controls;
  /** Bytes of padding at the end of each row. */
  uint32_t row_padding = 0;
  uint32_t field = V4L2_FIELD_NONE;
  uint32_t quantization = V4L2_QUANTIZATION_DEFAULT;
  uint32_t colorspace = V4L2_COLORSPACE_SRGB;
  /** 0: the size that is asked for. */
  uint32_t only_width = 0;
  uint32_t buffer_count = 0;
  double fastest_rate = 1000;
  bool has_rate = true;
  /** Requests that fail, with their errno. */
  std::map<unsigned long, int> failing;

  void unplug();
  void plug();
  /** Gives a frame, or loses it where no buffer is queued. False where nothing streams. */
  bool play(const FakeFrame& frame);
  /** From now on frames come by themselves in the agreed format while it streams; 0 ends that. */
  void run(double frames_a_second);
  /** poll says that something is wrong, while no frame tells what. */
  void break_poll(bool broken);

  uint32_t queued_buffers() const;
  /** Of the device's memory; each must be unmapped in the end. */
  uint32_t mapped_buffers() const;
  bool is_streaming() const;
  bool is_open() const;
  /** How often it was told to end a stream that went on. */
  int stream_ends() const { return stream_ends_.load(); }
  /** Moves its clock ahead. */
  void advance_clock(int64_t ns) { ahead_ns_ += ns; }
  int open_count() const { return opens_.load(); }

  int open(const char* path) override;
  int ioctl(int fd, unsigned long request, void* argument) override;
  void* map(int fd, size_t bytes, int64_t offset) override;
  void unmap(void* memory, size_t bytes) override;
  int poll(int fd, int wake_fd, int timeout_ms) override;
  void close(int fd) override;
  int64_t now_ns() override;

 private:
  struct Done {
    uint32_t index;
    v4l2_buffer buffer;
  };

  bool play_locked(const FakeFrame& frame);
  void signal_device();
  int set_format(v4l2_format& format);
  int set_rate(v4l2_streamparm& parameters);
  int request_buffers(v4l2_requestbuffers& request);
  int take(v4l2_buffer& buffer);
  int next_control(v4l2_queryctrl& query);
  FakeControl* find_control(uint32_t id);
  bool inactive(const FakeControl& control);
  void generate(double frames_a_second);

  mutable std::mutex mutex_;
  bool plugged_ = true, streaming_ = false, broken_ = false;
  int fd_ = -1;
  std::atomic<int> opens_{0}, stream_ends_{0};
  std::atomic<int64_t> ahead_ns_{0};
  v4l2_pix_format pixels_{};
  double rate_ = 30;
  uint32_t buffer_bytes_ = 0, sequence_ = 0;
  std::vector<uint8_t*> memory_;
  // Vectors with room from the start: the driver must not allocate where a test counts who does.
  std::vector<uint32_t> queued_;
  std::vector<Done> done_;
  std::atomic<bool> generating_{false};
  std::thread generator_;
};

}  // namespace cupcheck::test

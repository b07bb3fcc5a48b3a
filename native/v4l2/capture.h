#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../frame-ring/frame-ring.h"
#include "controls.h"
#include "device.h"
#include "kernel.h"
#include "sequence.h"
#include "stream.h"
#include "wants.h"

namespace cupcheck::v4l2 {

struct CaptureOptions {
  std::string path;
  Source source = Source::kMjpeg;
  int width = 0;
  int height = 0;
  double rate = 0;
  std::vector<ControlWish> controls;
  /** The driver's buffers: a frame waits in one of them at most. */
  uint32_t buffers = 4;
  /** So long without a frame, and the camera counts as gone. */
  int silence_ms = 3000;
  /** The number of the first frame. */
  uint64_t first_seq = 0;
};

/** A ring that its owner keeps mapped until the capture has ended. */
struct CaptureRing {
  void* base = nullptr;
  RingShape shape;
};

/** What the driver agreed to. */
struct Opened {
  std::string driver, card, bus;
  FrameFormat format;
  /** Frames a second; 0 where the driver has no rate to set. */
  double rate = 0;
  Exposure exposure;
};

struct Counts {
  /** Frames that the driver gave. */
  uint64_t seen = 0;
  /** Frames that it numbered and never gave. */
  uint64_t missed = 0;
  /** Frames that came broken: flagged, short, or a JPEG without its end. Never handed out. */
  uint64_t damaged = 0;
  /** Frames with a stamp that cannot be: later than their coming, or older than the queue is long. Never handed out. */
  uint64_t implausible = 0;
  /** The newest good stamp, 0 before the first. */
  int64_t newest_ns = 0;
  uint64_t last_seq = 0;
};

/**
 * One camera, from opening to its end, on a thread of its own that takes every frame from the driver at once, so that
 * none waits there and grows old. A frame that answers a want is converted from the driver's memory into the ring: the
 * one copy; any other is looked at and given back. No memory is allocated for a frame.
 *
 * The thread tells of news (opened, a want answered, ended) by `notify`, and ends by itself when the device fails.
 */
class Capture {
 public:
  using Notify = void (*)(void* context);

  /** `kernel`, the ring and `context` must outlive it. */
  Capture(Kernel& kernel, CaptureRing ring, CaptureOptions options, Notify notify, void* context);
  /** Stops and joins. */
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  Wants& wants() { return wants_; }
  Counts counts() const;

  /** Asks the thread to end; does not wait for it. */
  void stop();
  /** Waits for the end of the thread. */
  void join();

  /** False while the device is being opened. */
  bool opened(Opened* out) const;
  /** False while it goes on. `why` is well where it was stopped. */
  bool ended(Status* why) const;

 private:
  void run();
  Status open(Device& device, Opened* opened) const;
  Status stream(Stream& stream, const FrameFormat& format);
  Status drain(Stream& stream, const FrameFormat& format, bool* any);
  Status look_at(const DriverFrame& frame, const FrameFormat& format);
  void hand_over(const DriverFrame& frame, size_t bytes, const FrameFormat& format);
  void tell() { notify_(context_); }

  Kernel& kernel_;
  const CaptureRing ring_;
  const CaptureOptions options_;
  const Notify notify_;
  void* const context_;
  int wake_fd_ = -1;
  Wants wants_;
  Sequence sequence_;

  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> seen_{0}, damaged_{0}, implausible_{0}, missed_{0}, last_seq_{0};
  std::atomic<int64_t> newest_ns_{0};

  mutable std::mutex mutex_;
  bool is_open_ = false, has_ended_ = false;
  Opened opened_;
  Status end_;

  std::thread thread_;
};

}  // namespace cupcheck::v4l2

#include "capture.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>

#include "convert.h"
#include "jpeg-end.h"

namespace cupcheck::v4l2 {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
/** A frame that comes later than this after its stamp was not taken from the queue at once: this process stood still. */
constexpr int64_t kMaxAgeNs = 1'000 * kNsPerMs;
/** Between looks at whether the camera has fallen silent. */
constexpr int kMaxWaitMs = 200;

}  // namespace

Capture::Capture(Kernel& kernel, CaptureRing ring, CaptureOptions options, Notify notify, void* context)
    : kernel_(kernel),
      ring_(ring),
      options_(std::move(options)),
      notify_(notify),
      context_(context),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      sequence_(options_.first_seq) {
  thread_ = std::thread([this] { run(); });
}

Capture::~Capture() {
  stop();
  join();
  if (wake_fd_ >= 0) close(wake_fd_);
}

Counts Capture::counts() const {
  Counts counts;
  counts.seen = seen_.load(std::memory_order_relaxed);
  counts.missed = missed_.load(std::memory_order_relaxed);
  counts.damaged = damaged_.load(std::memory_order_relaxed);
  counts.implausible = implausible_.load(std::memory_order_relaxed);
  counts.newest_ns = newest_ns_.load(std::memory_order_relaxed);
  counts.last_seq = last_seq_.load(std::memory_order_relaxed);
  return counts;
}

void Capture::stop() {
  stopping_.store(true);
  const uint64_t one = 1;
  // It only fails where the counter is full, and the thread wakes by that too.
  if (wake_fd_ >= 0 && write(wake_fd_, &one, sizeof one) < 0) return;
}

void Capture::join() {
  if (thread_.joinable()) thread_.join();
}

bool Capture::opened(Opened* out) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_open_) *out = opened_;
  return is_open_;
}

bool Capture::ended(Status* why) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (has_ended_) *why = end_;
  return has_ended_;
}

void Capture::run() {
  pthread_setname_np(pthread_self(), "cupcheck-camera");
  Status status = wake_fd_ < 0 ? refuse("INTERNAL", "no descriptor to wake the camera's thread") : Status{};
  {
    Device device(kernel_);
    Stream frames(device);
    Opened opened;
    if (status.ok()) status = open(device, &opened);
    if (status.ok()) status = frames.start(options_.buffers);
    // While it streams: some drivers set a control when the stream starts.
    if (status.ok()) status = check_controls(device, options_.controls);
    if (status.ok()) {
      opened.exposure = read_exposure(device);
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        opened_ = opened;
        is_open_ = true;
      }
      tell();
      status = stream(frames, opened.format);
    }
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    end_ = stopping_.load() ? Status{} : status;
    has_ended_ = true;
  }
  tell();
}

Status Capture::open(Device& device, Opened* opened) const {
  if (Status status = device.open(options_.path); !status.ok()) return status;
  opened->driver = device.driver();
  opened->card = device.card();
  opened->bus = device.bus();
  if (Status status = set_format(device, options_.source, options_.width, options_.height, &opened->format);
      !status.ok())
    return status;
  if (const size_t bytes = ring_bytes(opened->format); bytes > ring_.shape.slot_bytes)
    return refuse("CAMERA_SETUP", "a frame of " + std::to_string(bytes) + " bytes does not fit a ring slot of " +
                                      std::to_string(ring_.shape.slot_bytes) + " bytes: raise camera.slotBytes");
  if (Status status = set_rate(device, options_.rate, &opened->rate); !status.ok()) return status;
  return set_controls(device, options_.controls);
}

Status Capture::stream(Stream& frames, const FrameFormat& format) {
  int64_t last_ns = kernel_.now_ns();
  while (!stopping_.load()) {
    const int wait_ms = options_.silence_ms < kMaxWaitMs ? options_.silence_ms : kMaxWaitMs;
    const int ready = frames.wait(wake_fd_, wait_ms);
    if (ready < 0) return device_error(options_.path + " cannot be waited for", -ready);
    bool any = false;
    if (ready & (kFrame | kBroken)) {
      if (Status status = drain(frames, format, &any); !status.ok()) return status;
      // Nothing to take, and nothing will come: without this the wait would return at once for ever.
      if (!any && (ready & kBroken)) return refuse("CAMERA_GONE", options_.path + " reports an error while streaming");
    }
    const int64_t now_ns = kernel_.now_ns();
    if (any) last_ns = now_ns;
    if (now_ns - last_ns > options_.silence_ms * kNsPerMs)
      return refuse("CAMERA_GONE", options_.path + " gave no frame for " + std::to_string(options_.silence_ms) + " ms");
  }
  return {};
}

Status Capture::drain(Stream& frames, const FrameFormat& format, bool* any) {
  while (!stopping_.load()) {
    DriverFrame frame;
    Status status;
    switch (frames.next(&frame, &status)) {
      case Stream::Next::kNone:
        return {};
      case Stream::Next::kFailed:
        return status;
      case Stream::Next::kFrame:
        *any = true;
        status = look_at(frame, format);
        if (Status back = frames.give_back(frame); status.ok()) status = back;
        if (!status.ok()) return status;
    }
  }
  return {};
}

Status Capture::look_at(const DriverFrame& frame, const FrameFormat& format) {
  const int64_t now_ns = kernel_.now_ns();
  seen_.fetch_add(1, std::memory_order_relaxed);
  uint64_t missed = 0;
  const uint64_t seq = sequence_.next(frame.sequence, &missed);
  missed_.fetch_add(missed, std::memory_order_relaxed);
  last_seq_.store(seq, std::memory_order_relaxed);

  const bool jpeg = format.source == Source::kMjpeg;
  const size_t bytes = frame.broken ? 0 : jpeg ? jpeg_length(frame.data, frame.bytes) : ring_bytes(format);
  if (bytes == 0 || frame.bytes < whole_bytes(format)) {
    damaged_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  if (!frame.monotonic)
    return refuse("CAMERA_CLOCK", options_.path + " stamps its frames by another clock than CLOCK_MONOTONIC");
  if (frame.stamp_ns > now_ns || now_ns - frame.stamp_ns > kMaxAgeNs) {
    implausible_.fetch_add(1, std::memory_order_relaxed);
    // Such a stamp would prove any old picture fresh: it must not pass for one of the right clock.
    if (frame.stamp_ns > now_ns &&
        wants_.fail_all(refuse("FRAME_STALE", "frame " + std::to_string(seq) + " is stamped " +
                                                  std::to_string(frame.stamp_ns - now_ns) +
                                                  " ns after it came: its clock is not CLOCK_MONOTONIC")))
      tell();
    return {};
  }
  // Not newer than the newest one is a repeat, whatever its number.
  if (frame.stamp_ns <= newest_ns_.load(std::memory_order_relaxed)) return {};
  newest_ns_.store(frame.stamp_ns, std::memory_order_relaxed);
  hand_over(frame, bytes, format);
  return {};
}

void Capture::hand_over(const DriverFrame& frame, size_t bytes, const FrameFormat& format) {
  Delivery delivery;
  if (!wants_.begin(frame.stamp_ns, &delivery.want, &delivery.slot)) return;
  uint8_t* out = nullptr;
  delivery.status = ring_begin_write(ring_.base, ring_.shape, delivery.slot, bytes, &out);
  if (delivery.status.ok()) {
    const Rows rows{frame.data, static_cast<size_t>(format.stride), format.width, format.height};
    switch (format.source) {
      case Source::kMjpeg:
        std::memcpy(out, frame.data, bytes);
        break;
      case Source::kYuyv:
        yuyv_to_rgb(rows, format.coding, out);
        break;
      case Source::kNv12:
        nv12_to_rgb(rows, format.coding, out);
        break;
      case Source::kGrey:
        copy_grey(rows, out);
        break;
    }
    const SlotState state = ring_end_write(ring_.base, delivery.slot, bytes);
    delivery.generation = state.generation;
    delivery.bytes = state.bytes;
    delivery.seq = last_seq_.load(std::memory_order_relaxed);
    delivery.stamp_ns = frame.stamp_ns;
  }
  wants_.finish(delivery);
  tell();
}

}  // namespace cupcheck::v4l2

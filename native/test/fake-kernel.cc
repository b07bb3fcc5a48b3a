#include "fake-kernel.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

namespace cupcheck::test {
namespace {

/** Between the offsets at which the buffers are mapped. */
constexpr int64_t kOffsetStep = 1 << 20;

template <typename T>
T& as(void* argument) {
  return *static_cast<T*>(argument);
}

uint32_t frame_bytes(const v4l2_pix_format& pixels) {
  if (pixels.pixelformat == V4L2_PIX_FMT_NV12) return pixels.bytesperline * pixels.height * 3 / 2;
  return pixels.bytesperline * pixels.height;
}

void set_text(uint8_t* out, size_t size, const char* text) { std::memcpy(out, text, std::min(size - 1, std::strlen(text))); }

}  // namespace

FakeControl fake_control(uint32_t id, uint32_t type, const char* name, int low, int high, int value) {
  FakeControl control;
  control.query.id = id;
  control.query.type = type;
  set_text(control.query.name, sizeof control.query.name, name);
  control.query.minimum = low;
  control.query.maximum = high;
  control.query.step = 1;
  control.value = value;
  return control;
}

std::vector<uint8_t> fake_jpeg(uint8_t fill, size_t bytes) {
  std::vector<uint8_t> jpeg(bytes, fill);
  const uint8_t head[] = {0xff, 0xd8, 0xff, 0xda, 0, 2};
  std::copy(std::begin(head), std::end(head), jpeg.begin());
  jpeg[bytes - 2] = 0xff;
  jpeg[bytes - 1] = 0xd9;
  return jpeg;
}

FakeKernel::FakeKernel() {
  queued_.reserve(64);
  done_.reserve(64);
  FakeControl automatic = fake_control(V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 0, 3, 3);
  automatic.menu = {"Auto Mode", "Manual Mode", "", "Aperture Priority Mode"};
  FakeControl exposure = fake_control(V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Exposure Time, Absolute", 1, 5000, 156);
  exposure.steered_by = V4L2_CID_EXPOSURE_AUTO;
  FakeControl gain = fake_control(V4L2_CID_GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 0, 100, 50);
  gain.query.step = 5;
  FakeControl balance = fake_control(V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1);
  FakeControl focus = fake_control(V4L2_CID_FOCUS_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Focus, Absolute", 0, 250, 0);
  focus.stuck_at = 40;
  controls = {gain, balance, automatic, exposure, focus};
  std::sort(controls.begin(), controls.end(), [](const auto& a, const auto& b) { return a.query.id < b.query.id; });
}

FakeKernel::~FakeKernel() {
  run(0);
  for (uint8_t* memory : memory_) delete[] memory;
}

void FakeKernel::signal_device() {
  const uint64_t one = 1;
  // It only fails where the counter is full, and that wakes too.
  if (fd_ >= 0 && write(fd_, &one, sizeof one) < 0) return;
}

void FakeKernel::unplug() {
  const std::lock_guard<std::mutex> lock(mutex_);
  plugged_ = false;
  streaming_ = false;
  done_.clear();
  signal_device();
}

void FakeKernel::plug() {
  const std::lock_guard<std::mutex> lock(mutex_);
  plugged_ = true;
}

void FakeKernel::break_poll(bool broken) {
  const std::lock_guard<std::mutex> lock(mutex_);
  broken_ = broken;
  signal_device();
}

bool FakeKernel::play(const FakeFrame& frame) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return play_locked(frame);
}

bool FakeKernel::play_locked(const FakeFrame& frame) {
  if (!streaming_) return false;
  sequence_ += frame.skip;
  const uint32_t sequence = sequence_++;
  if (queued_.empty()) return true;
  const uint32_t index = queued_.front();
  queued_.erase(queued_.begin());
  const size_t bytes = std::min<size_t>(frame.bytes.size(), buffer_bytes_);
  if (bytes > 0) std::memcpy(memory_[index], frame.bytes.data(), bytes);
  const int64_t stamp_ns = frame.stamp_ns != 0 ? frame.stamp_ns : now_ns() + frame.stamp_offset_ns;
  v4l2_buffer buffer{};
  buffer.index = frame.index_said < 0 ? index : static_cast<uint32_t>(frame.index_said);
  buffer.bytesused = frame.bytes_used < 0 ? static_cast<uint32_t>(bytes) : static_cast<uint32_t>(frame.bytes_used);
  buffer.flags = frame.flags;
  buffer.sequence = sequence;
  buffer.timestamp.tv_sec = stamp_ns / 1'000'000'000;
  buffer.timestamp.tv_usec = stamp_ns % 1'000'000'000 / 1000;
  done_.push_back({index, buffer});
  signal_device();
  return true;
}

void FakeKernel::run(double frames_a_second) {
  generating_.store(false);
  if (generator_.joinable()) generator_.join();
  if (frames_a_second <= 0) return;
  generating_.store(true);
  generator_ = std::thread([this, frames_a_second] { generate(frames_a_second); });
}

void FakeKernel::generate(double frames_a_second) {
  const auto period = std::chrono::nanoseconds(static_cast<int64_t>(1e9 / frames_a_second));
  auto next = std::chrono::steady_clock::now();
  FakeFrame frame;
  for (uint8_t fill = 0; generating_.load(); fill = static_cast<uint8_t>((fill + 1) % 250)) {
    next += period;
    std::this_thread::sleep_until(next);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!streaming_) continue;
    if (pixels_.pixelformat == V4L2_PIX_FMT_MJPEG) {
      frame.bytes = fake_jpeg(fill, 1000);
    } else {
      frame.bytes.assign(frame_bytes(pixels_), fill);
    }
    play_locked(frame);
  }
}

uint32_t FakeKernel::queued_buffers() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<uint32_t>(queued_.size());
}

uint32_t FakeKernel::mapped_buffers() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<uint32_t>(std::count_if(memory_.begin(), memory_.end(), [](const uint8_t* at) { return at != nullptr; }));
}

bool FakeKernel::is_streaming() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return streaming_;
}

bool FakeKernel::is_open() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return fd_ >= 0;
}

int FakeKernel::open(const char* path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  opens_.fetch_add(1);
  if (std::string(path) != kPath || !plugged_) return -ENOENT;
  if (fd_ >= 0) return -EBUSY;
  fd_ = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
  sequence_ = 0;
  return fd_ < 0 ? -errno : fd_;
}

void FakeKernel::close(int fd) {
  const std::lock_guard<std::mutex> lock(mutex_);
  streaming_ = false;
  queued_.clear();
  done_.clear();
  ::close(fd);
  fd_ = -1;
}

void* FakeKernel::map(int, size_t bytes, int64_t offset) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t index = static_cast<size_t>(offset / kOffsetStep);
  if (!plugged_ || bytes != buffer_bytes_ || index >= memory_.size() || memory_[index] != nullptr) return nullptr;
  memory_[index] = new uint8_t[bytes]();
  return memory_[index];
}

void FakeKernel::unmap(void* memory, size_t) {
  const std::lock_guard<std::mutex> lock(mutex_);
  streaming_ = false;
  for (uint8_t*& mapped : memory_) {
    if (mapped != memory) continue;
    delete[] mapped;
    mapped = nullptr;
  }
}

int FakeKernel::poll(int fd, int wake_fd, int timeout_ms) {
  pollfd wait[] = {{fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
  if (::poll(wait, 2, timeout_ms) < 0) return errno == EINTR ? 0 : -errno;
  const std::lock_guard<std::mutex> lock(mutex_);
  int ready = 0;
  if (!plugged_ || broken_) ready |= v4l2::kBroken;
  if (wait[0].revents != 0) {
    uint64_t one;
    if (done_.empty() && read(fd, &one, sizeof one) > 0) return ready;
    ready |= v4l2::kFrame;
  }
  return ready;
}

int64_t FakeKernel::now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return ahead_ns_ + static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

int FakeKernel::ioctl(int fd, unsigned long request, void* argument) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fd != fd_) return -EBADF;
  if (!plugged_) return -ENODEV;
  if (const auto fault = failing.find(request); fault != failing.end()) return -fault->second;
  switch (request) {
    case VIDIOC_QUERYCAP: {
      auto& capability = as<v4l2_capability>(argument);
      capability = {};
      set_text(capability.driver, sizeof capability.driver, "fake");
      set_text(capability.card, sizeof capability.card, "Fake camera");
      set_text(capability.bus_info, sizeof capability.bus_info, "fake:1");
      capability.capabilities = capabilities | V4L2_CAP_DEVICE_CAPS;
      capability.device_caps = capabilities;
      return 0;
    }
    case VIDIOC_ENUM_FMT: {
      auto& description = as<v4l2_fmtdesc>(argument);
      const uint32_t formats[] = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_GREY};
      if (description.index >= std::size(formats)) return -EINVAL;
      description.pixelformat = formats[description.index];
      return 0;
    }
    case VIDIOC_ENUM_FRAMESIZES: {
      auto& size = as<v4l2_frmsizeenum>(argument);
      if (size.index > 1) return -EINVAL;
      size.type = V4L2_FRMSIZE_TYPE_DISCRETE;
      size.discrete.width = size.index == 0 ? 1920 : 640;
      size.discrete.height = size.index == 0 ? 1080 : 480;
      return 0;
    }
    case VIDIOC_ENUM_FRAMEINTERVALS: {
      auto& interval = as<v4l2_frmivalenum>(argument);
      if (interval.index > 1) return -EINVAL;
      interval.type = V4L2_FRMIVAL_TYPE_DISCRETE;
      interval.discrete = {1, interval.index == 0 ? 15u : 30u};
      return 0;
    }
    case VIDIOC_S_FMT:
      return set_format(as<v4l2_format>(argument));
    case VIDIOC_G_PARM:
      if (!has_rate) return -ENOTTY;
      as<v4l2_streamparm>(argument).parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
      return 0;
    case VIDIOC_S_PARM:
      return set_rate(as<v4l2_streamparm>(argument));
    case VIDIOC_REQBUFS:
      return request_buffers(as<v4l2_requestbuffers>(argument));
    case VIDIOC_QUERYBUF: {
      auto& buffer = as<v4l2_buffer>(argument);
      if (buffer.index >= memory_.size()) return -EINVAL;
      buffer.length = buffer_bytes_;
      buffer.m.offset = static_cast<uint32_t>(buffer.index * kOffsetStep);
      return 0;
    }
    case VIDIOC_QBUF:
      if (as<v4l2_buffer>(argument).index >= memory_.size()) return -EINVAL;
      queued_.push_back(as<v4l2_buffer>(argument).index);
      return 0;
    case VIDIOC_DQBUF:
      return take(as<v4l2_buffer>(argument));
    case VIDIOC_STREAMON:
      streaming_ = true;
      for (FakeControl& control : controls)
        if (control.at_stream_start >= 0) control.value = control.at_stream_start;
      return 0;
    case VIDIOC_STREAMOFF:
      if (streaming_) stream_ends_.fetch_add(1);
      streaming_ = false;
      queued_.clear();
      done_.clear();
      return 0;
    case VIDIOC_QUERYCTRL:
      return next_control(as<v4l2_queryctrl>(argument));
    case VIDIOC_QUERYMENU: {
      auto& entry = as<v4l2_querymenu>(argument);
      const FakeControl* control = find_control(entry.id);
      if (control == nullptr || entry.index >= control->menu.size() || control->menu[entry.index].empty()) return -EINVAL;
      set_text(entry.name, sizeof entry.name, control->menu[entry.index].c_str());
      return 0;
    }
    case VIDIOC_G_CTRL:
    case VIDIOC_S_CTRL: {
      auto& value = as<v4l2_control>(argument);
      FakeControl* control = find_control(value.id);
      if (control == nullptr) return -EINVAL;
      if (request == VIDIOC_S_CTRL) control->value = control->stuck_at >= 0 ? control->stuck_at : value.value;
      value.value = control->value;
      return 0;
    }
    default:
      return -ENOTTY;
  }
}

int FakeKernel::set_format(v4l2_format& format) {
  v4l2_pix_format& pixels = format.fmt.pix;
  if (only_width != 0) pixels.width = only_width;
  pixels.field = field;
  pixels.colorspace = colorspace;
  pixels.quantization = quantization;
  const bool jpeg = pixels.pixelformat == V4L2_PIX_FMT_MJPEG;
  const uint32_t pixel_bytes = pixels.pixelformat == V4L2_PIX_FMT_YUYV ? 2 : 1;
  pixels.bytesperline = jpeg ? 0 : pixels.width * pixel_bytes + row_padding;
  pixels.sizeimage = jpeg ? pixels.width * pixels.height * 2 : frame_bytes(pixels);
  pixels_ = pixels;
  buffer_bytes_ = pixels.sizeimage;
  return 0;
}

int FakeKernel::set_rate(v4l2_streamparm& parameters) {
  v4l2_fract& interval = parameters.parm.capture.timeperframe;
  rate_ = std::min(fastest_rate, static_cast<double>(interval.denominator) / interval.numerator);
  // As UVC cameras say it.
  interval = {static_cast<uint32_t>(std::lround(1e7 / rate_)), 10'000'000};
  return 0;
}

int FakeKernel::request_buffers(v4l2_requestbuffers& request) {
  if (buffer_count != 0) request.count = buffer_count;
  memory_.assign(request.count, nullptr);
  return 0;
}

int FakeKernel::take(v4l2_buffer& buffer) {
  uint64_t one;
  if (done_.empty()) return -EAGAIN;
  if (read(fd_, &one, sizeof one) < 0 && errno != EAGAIN) return -errno;
  buffer = done_.front().buffer;
  done_.erase(done_.begin());
  return 0;
}

int FakeKernel::next_control(v4l2_queryctrl& query) {
  const uint32_t after = query.id & ~V4L2_CTRL_FLAG_NEXT_CTRL;
  for (FakeControl& control : controls) {
    if (control.query.id <= after) continue;
    query = control.query;
    if (inactive(control)) query.flags |= V4L2_CTRL_FLAG_INACTIVE;
    return 0;
  }
  return -EINVAL;
}

FakeControl* FakeKernel::find_control(uint32_t id) {
  for (FakeControl& control : controls)
    if (control.query.id == id) return &control;
  return nullptr;
}

bool FakeKernel::inactive(const FakeControl& control) {
  const FakeControl* steering = control.steered_by == 0 ? nullptr : find_control(control.steered_by);
  return steering != nullptr && steering->value != 1;
}

}  // namespace cupcheck::test

#include "stream.h"

#include <errno.h>
#include <linux/videodev2.h>

#include <algorithm>

namespace cupcheck::v4l2 {
namespace {

constexpr uint32_t kMaxBuffers = 32;

v4l2_buffer empty_buffer(uint32_t index) {
  v4l2_buffer buffer{};
  buffer.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  buffer.memory = V4L2_MEMORY_MMAP;
  buffer.index = index;
  return buffer;
}

}  // namespace

Status Stream::start(uint32_t buffers) {
  v4l2_requestbuffers request{};
  request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  request.memory = V4L2_MEMORY_MMAP;
  request.count = buffers;
  const std::string& path = device_.path();
  if (const int result = device_.ask(VIDIOC_REQBUFS, &request); result < 0)
    return device_error(path + " gives no buffers", -result);
  if (request.count < 2 || request.count > kMaxBuffers)
    return refuse("CAMERA_SETUP", path + " gives " + std::to_string(request.count) + " buffers (2 to 32 are needed)");
  for (uint32_t index = 0; index < request.count; ++index) {
    v4l2_buffer buffer = empty_buffer(index);
    if (const int result = device_.ask(VIDIOC_QUERYBUF, &buffer); result < 0)
      return device_error(path + " does not describe its buffers", -result);
    void* memory = device_.kernel().map(device_.fd(), buffer.length, buffer.m.offset);
    if (memory == nullptr) return refuse("CAMERA_SETUP", path + ": its buffers cannot be mapped");
    buffers_.push_back({memory, buffer.length});
    if (Status status = queue(index); !status.ok()) return status;
  }
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (const int result = device_.ask(VIDIOC_STREAMON, &type); result < 0)
    return device_error(path + " does not stream (too many cameras on one USB bus give this too)", -result);
  streaming_ = true;
  return {};
}

void Stream::stop() {
  // Of a device that is gone both fail, and there is nothing left to stop.
  if (streaming_) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    device_.ask(VIDIOC_STREAMOFF, &type);
    streaming_ = false;
  }
  for (const Mapped& mapped : buffers_) device_.kernel().unmap(mapped.memory, mapped.bytes);
  buffers_.clear();
}

Stream::Next Stream::next(DriverFrame* frame, Status* status) {
  v4l2_buffer buffer = empty_buffer(0);
  const int result = device_.ask(VIDIOC_DQBUF, &buffer);
  if (result == -EAGAIN) return Next::kNone;
  if (result < 0) {
    *status = device_error(device_.path() + " gives no more frames", -result);
    // Whatever the driver calls it: opening the device again is what may mend it.
    status->code = "CAMERA_GONE";
    return Next::kFailed;
  }
  if (buffer.index >= buffers_.size()) {
    *status = refuse("CAMERA_GONE", device_.path() + " gives buffer " + std::to_string(buffer.index) + " of " +
                                        std::to_string(buffers_.size()));
    return Next::kFailed;
  }
  const Mapped& mapped = buffers_[buffer.index];
  frame->index = buffer.index;
  frame->data = static_cast<const uint8_t*>(mapped.memory);
  frame->bytes = std::min<size_t>(buffer.bytesused, mapped.bytes);
  frame->sequence = buffer.sequence;
  frame->stamp_ns = static_cast<int64_t>(buffer.timestamp.tv_sec) * 1'000'000'000 + buffer.timestamp.tv_usec * 1000;
  frame->broken = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0 || buffer.bytesused > mapped.bytes;
  frame->monotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  return Next::kFrame;
}

Status Stream::give_back(const DriverFrame& frame) { return queue(frame.index); }

Status Stream::queue(uint32_t index) {
  v4l2_buffer buffer = empty_buffer(index);
  if (const int result = device_.ask(VIDIOC_QBUF, &buffer); result < 0) {
    Status status = device_error(device_.path() + " does not take its buffer back", -result);
    status.code = "CAMERA_GONE";
    return status;
  }
  return {};
}

}  // namespace cupcheck::v4l2

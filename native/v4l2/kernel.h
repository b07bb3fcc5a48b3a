#pragma once

#include <cstddef>
#include <cstdint>

namespace cupcheck::v4l2 {

/** What `Kernel::poll` saw of the device; 0 = nothing within the time, or it was woken. */
enum Ready : int { kFrame = 1, kBroken = 2 };

/**
 * All that capture asks of the operating system, so that a driver written for tests can stand in for it.
 * What fails gives a negated errno; nothing throws.
 */
class Kernel {
 public:
  virtual ~Kernel() = default;

  /** For reading and writing, without blocking. A descriptor, or -errno. */
  virtual int open(const char* path) = 0;
  /** 0 or -errno; an interrupted call is made again. */
  virtual int ioctl(int fd, unsigned long request, void* argument) = 0;
  /** For reading; `nullptr` where the memory cannot be mapped. */
  virtual void* map(int fd, size_t bytes, int64_t offset) = 0;
  virtual void unmap(void* memory, size_t bytes) = 0;
  /** Waits for a frame, and at most until `wake_fd` is readable: bits of `Ready`, or -errno. */
  virtual int poll(int fd, int wake_fd, int timeout_ms) = 0;
  virtual void close(int fd) = 0;
  /** CLOCK_MONOTONIC. */
  virtual int64_t now_ns() = 0;
};

/** The kernel that this process runs on. */
Kernel& linux_kernel();

}  // namespace cupcheck::v4l2

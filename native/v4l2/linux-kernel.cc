#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

namespace cupcheck::v4l2 {
namespace {

class LinuxKernel final : public Kernel {
 public:
  int open(const char* path) override {
    const int fd = ::open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
  }

  int ioctl(int fd, unsigned long request, void* argument) override {
    int result;
    do {
      result = ::ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
  }

  void* map(int fd, size_t bytes, int64_t offset) override {
    void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, offset);
    return memory == MAP_FAILED ? nullptr : memory;
  }

  void unmap(void* memory, size_t bytes) override { ::munmap(memory, bytes); }

  int poll(int fd, int wake_fd, int timeout_ms) override {
    pollfd wait[] = {{fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
    const int count = ::poll(wait, 2, timeout_ms);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    int ready = 0;
    if (wait[0].revents & POLLIN) ready |= kFrame;
    if (wait[0].revents & (POLLERR | POLLHUP | POLLNVAL)) ready |= kBroken;
    return ready;
  }

  void close(int fd) override { ::close(fd); }

  int64_t now_ns() override {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
  }
};

}  // namespace

Kernel& linux_kernel() {
  // Without state, so sharing it is harmless.
  static LinuxKernel kernel;
  return kernel;
}

}  // namespace cupcheck::v4l2

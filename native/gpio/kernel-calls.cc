#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "calls.h"

namespace cupcheck {
namespace {

constexpr char kPrefix[] = "gpiochip";

int kernel_open(void*, const char* path) {
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

void kernel_close(void*, int fd) { ::close(fd); }

int kernel_control(void*, int fd, unsigned long request, void* argument) {
  return ::ioctl(fd, request, argument) < 0 ? -errno : 0;
}

long kernel_read(void*, int fd, void* into, size_t bytes) {
  const ssize_t count = ::read(fd, into, bytes);
  return count < 0 ? -errno : count;
}

std::vector<std::string> kernel_chips(void*) {
  std::vector<std::pair<long, std::string>> found;
  if (DIR* folder = ::opendir("/dev")) {
    while (const dirent* entry = ::readdir(folder)) {
      if (std::strncmp(entry->d_name, kPrefix, sizeof kPrefix - 1) != 0) continue;
      found.emplace_back(std::strtol(entry->d_name + sizeof kPrefix - 1, nullptr, 10), std::string("/dev/") + entry->d_name);
    }
    ::closedir(folder);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace

const GpioCalls& kernel_gpio() {
  static const GpioCalls calls = {nullptr, kernel_open, kernel_close, kernel_control, kernel_read, kernel_chips};
  return calls;
}

}  // namespace cupcheck

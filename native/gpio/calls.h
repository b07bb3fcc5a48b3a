#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cupcheck {

/** What this code asks of the kernel, as a table, so that tests can put a simulated chip in its place. Failures are -errno. */
struct GpioCalls {
  void* self;
  /** A descriptor. */
  int (*open)(void* self, const char* path);
  void (*close)(void* self, int fd);
  int (*control)(void* self, int fd, unsigned long request, void* argument);
  /** Bytes read. */
  long (*read)(void* self, int fd, void* into, size_t bytes);
  /** Paths of the GPIO chips that there are, by their numbers. */
  std::vector<std::string> (*chips)(void* self);
};

const GpioCalls& kernel_gpio();

}  // namespace cupcheck

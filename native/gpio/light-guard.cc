#include "light-guard.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"

namespace cupcheck {
namespace {

int64_t now_ms() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

GuardEnd darken(const GpioCalls& calls, int lines, int count, GuardEnd why) {
  return drive_lines(calls, lines, count, 0).ok() ? why : GuardEnd::kLost;
}

}  // namespace

GuardEnd guard_light(const GpioCalls& calls, int lines, int count, int words, int patience_ms) {
  bool lit = false;
  int64_t until_ms = 0;
  for (;;) {
    const int64_t left = until_ms - now_ms();
    if (lit && left <= 0) return darken(calls, lines, count, GuardEnd::kSilent);
    pollfd waited = {words, POLLIN, 0};
    const int ready = ::poll(&waited, 1, lit ? static_cast<int>(left) : -1);
    if (ready < 0 && errno != EINTR) return darken(calls, lines, count, GuardEnd::kClosed);
    if (ready <= 0) continue;
    char heard[64];
    const ssize_t bytes = ::read(words, heard, sizeof heard);
    if (bytes < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (bytes <= 0) return darken(calls, lines, count, GuardEnd::kClosed);
    lit = heard[bytes - 1] != kDark;
    until_ms = now_ms() + patience_ms;
  }
}

}  // namespace cupcheck

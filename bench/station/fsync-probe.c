// Preloaded into core: appends "fsync START END" (nanoseconds of CLOCK_MONOTONIC) to the file that
// CUPCHECK_BENCH_SPANS names for each fsync and fdatasync of the process, SQLite's among them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static int timed(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const long long start = now_ns();
  const int result = real(fd);
  const long long end = now_ns();
  const char *path = getenv("CUPCHECK_BENCH_SPANS");
  if (path == NULL) return result;
  const int out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (out < 0) return result;
  dprintf(out, "fsync %lld %lld\n", start, end);
  close(out);
  return result;
}

int fsync(int fd) { return timed("fsync", fd); }
int fdatasync(int fd) { return timed("fdatasync", fd); }

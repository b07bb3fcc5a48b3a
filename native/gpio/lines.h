#pragma once

#include <cstdint>
#include <vector>

#include "find-line.h"

namespace cupcheck {

/** Lines that one request may hold; the kernel allows 64, a station needs two. */
constexpr int kMaxLines = 8;
/** The kernel's debounce is a 32-bit number of microseconds; a second is more than any contact needs. */
constexpr uint32_t kMaxDebounceUs = 1000000;

enum class GpioBias { kAsIs, kDisabled, kPullUp, kPullDown };
enum class GpioDrive { kPushPull, kOpenDrain, kOpenSource };

struct InputWish {
  std::string path;
  uint32_t offset = 0;
  bool active_low = false;
  GpioBias bias = GpioBias::kAsIs;
  /** 0: none. The kernel stamps a debounced edge when it has rested, so it is later than the edge by this much. */
  uint32_t debounce_us = 0;
};

struct OutputWish {
  std::string path;
  std::vector<uint32_t> offsets;
  /** A bit a line. */
  uint32_t active_low = 0;
  GpioDrive drive = GpioDrive::kPushPull;
};

/**
 * Takes a line as an input that reports both edges, stamped by CLOCK_MONOTONIC. The line is ours until `fd` is closed.
 * Errors: GPIO_FAULT.
 */
Status request_input(const GpioCalls& calls, const InputWish& wish, int* fd);

/** Takes lines as outputs, inactive from the first moment on. Errors: GPIO_FAULT. */
Status request_outputs(const GpioCalls& calls, const OutputWish& wish, int* fd);

/** Drives `count` lines at once; bit 0 is the first: 1 active. Errors: GPIO_FAULT. */
Status drive_lines(const GpioCalls& calls, int fd, int count, uint32_t bits);

/** What the lines are at, a bit a line. Errors: GPIO_FAULT. */
Status read_lines(const GpioCalls& calls, int fd, int count, uint32_t* bits);

struct Edge {
  /** CLOCK_MONOTONIC. */
  uint64_t at_ns = 0;
  bool active = false;
  /** Numbers of a line's edges follow each other; a step of more than 1 tells how many the kernel had no room for. */
  uint32_t seq = 0;
};

/** The edges that wait, at most 64 a call; none where there are none. Errors: GPIO_FAULT. */
Status read_edges(const GpioCalls& calls, int fd, std::vector<Edge>* out);

}  // namespace cupcheck

#include "lines.h"

#include <errno.h>
#include <linux/gpio.h>

#include <cstring>

namespace cupcheck {
namespace {

constexpr char kConsumer[] = "cupcheck";
/** Edges that the kernel keeps until we read them. */
constexpr uint32_t kEventBuffer = 256;
constexpr size_t kEventsAtOnce = 64;

uint64_t bias_flag(GpioBias bias) {
  switch (bias) {
    case GpioBias::kAsIs:
      return 0;
    case GpioBias::kDisabled:
      return GPIO_V2_LINE_FLAG_BIAS_DISABLED;
    case GpioBias::kPullUp:
      return GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    case GpioBias::kPullDown:
      return GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN;
  }
  return 0;
}

uint64_t drive_flag(GpioDrive drive) {
  switch (drive) {
    case GpioDrive::kPushPull:
      return 0;
    case GpioDrive::kOpenDrain:
      return GPIO_V2_LINE_FLAG_OPEN_DRAIN;
    case GpioDrive::kOpenSource:
      return GPIO_V2_LINE_FLAG_OPEN_SOURCE;
  }
  return 0;
}

uint64_t mask_of(int count) { return (uint64_t{1} << count) - 1; }

Status request(const GpioCalls& calls, const std::string& path, gpio_v2_line_request* wish, int* fd) {
  std::memcpy(wish->consumer, kConsumer, sizeof kConsumer);
  const int chip = calls.open(calls.self, path.c_str());
  if (chip < 0) return gpio_fault("the GPIO chip " + path + " cannot be opened", -chip);
  const int failed = calls.control(calls.self, chip, GPIO_V2_GET_LINE_IOCTL, wish);
  calls.close(calls.self, chip);
  if (failed < 0) {
    std::string lines;
    for (uint32_t i = 0; i < wish->num_lines; ++i) lines += (i > 0 ? ", " : "") + std::to_string(wish->offsets[i]);
    return gpio_fault("line " + lines + " of " + path + " cannot be had", -failed);
  }
  *fd = wish->fd;
  return {};
}

void add_attribute(gpio_v2_line_config* config, const gpio_v2_line_attribute& attribute, uint64_t mask) {
  config->attrs[config->num_attrs++] = {attribute, mask};
}

}  // namespace

Status request_input(const GpioCalls& calls, const InputWish& wish, int* fd) {
  gpio_v2_line_request line = {};
  line.offsets[0] = wish.offset;
  line.num_lines = 1;
  line.event_buffer_size = kEventBuffer;
  line.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING |
                      bias_flag(wish.bias) | (wish.active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  if (wish.debounce_us > 0) {
    gpio_v2_line_attribute debounce = {};
    debounce.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
    debounce.debounce_period_us = wish.debounce_us;
    add_attribute(&line.config, debounce, 1);
  }
  return request(calls, wish.path, &line, fd);
}

Status request_outputs(const GpioCalls& calls, const OutputWish& wish, int* fd) {
  const int count = static_cast<int>(wish.offsets.size());
  gpio_v2_line_request lines = {};
  for (int i = 0; i < count; ++i) lines.offsets[i] = wish.offsets[i];
  lines.num_lines = static_cast<uint32_t>(count);
  lines.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | drive_flag(wish.drive);
  // With no values given the kernel drives every output inactive.
  if (wish.active_low != 0) {
    gpio_v2_line_attribute inverted = {};
    inverted.id = GPIO_V2_LINE_ATTR_ID_FLAGS;
    inverted.flags = lines.config.flags | GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    add_attribute(&lines.config, inverted, wish.active_low & mask_of(count));
  }
  return request(calls, wish.path, &lines, fd);
}

Status drive_lines(const GpioCalls& calls, int fd, int count, uint32_t bits) {
  gpio_v2_line_values values = {bits, mask_of(count)};
  const int failed = calls.control(calls.self, fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
  return failed < 0 ? gpio_fault("the output lines cannot be driven", -failed) : Status{};
}

Status read_lines(const GpioCalls& calls, int fd, int count, uint32_t* bits) {
  gpio_v2_line_values values = {0, mask_of(count)};
  const int failed = calls.control(calls.self, fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
  if (failed < 0) return gpio_fault("the lines cannot be read", -failed);
  *bits = static_cast<uint32_t>(values.bits & mask_of(count));
  return {};
}

Status read_edges(const GpioCalls& calls, int fd, std::vector<Edge>* out) {
  out->clear();
  gpio_v2_line_event events[kEventsAtOnce];
  const long bytes = calls.read(calls.self, fd, events, sizeof events);
  if (bytes == -EAGAIN || bytes == -EINTR) return {};
  if (bytes < 0) return gpio_fault("the edges of a line cannot be read", static_cast<int>(-bytes));
  if (bytes == 0 || bytes % sizeof(gpio_v2_line_event) != 0)
    return refuse("GPIO_FAULT", "the kernel gave " + std::to_string(bytes) + " bytes where edges of " +
                                    std::to_string(sizeof(gpio_v2_line_event)) + " bytes were expected");
  for (size_t i = 0; i < bytes / sizeof(gpio_v2_line_event); ++i) {
    if (events[i].id != GPIO_V2_LINE_EVENT_RISING_EDGE && events[i].id != GPIO_V2_LINE_EVENT_FALLING_EDGE)
      return refuse("GPIO_FAULT", "the kernel told of an edge of the unknown kind " + std::to_string(events[i].id));
    out->push_back({events[i].timestamp_ns, events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE, events[i].line_seqno});
  }
  return {};
}

}  // namespace cupcheck

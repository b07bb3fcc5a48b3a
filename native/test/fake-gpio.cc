#include "fake-gpio.h"

#include <errno.h>

#include <cstring>

namespace cupcheck::test {
namespace {

void put(char (&field)[GPIO_MAX_NAME_SIZE], const std::string& text) {
  std::strncpy(field, text.c_str(), sizeof field);
}

}  // namespace

GpioCalls FakeGpio::calls() {
  return {this, [](void* self, const char* path) { return static_cast<FakeGpio*>(self)->open(path); },
          [](void* self, int fd) { static_cast<FakeGpio*>(self)->close(fd); },
          [](void* self, int fd, unsigned long request, void* argument) {
            return static_cast<FakeGpio*>(self)->control(fd, request, argument);
          },
          [](void* self, int fd, void* into, size_t bytes) { return static_cast<FakeGpio*>(self)->read(fd, into, bytes); },
          [](void* self) {
            std::vector<std::string> paths;
            for (const FakeChip& chip : static_cast<FakeGpio*>(self)->chips) paths.push_back(chip.path);
            return paths;
          }};
}

int FakeGpio::open(const char* path) {
  for (size_t i = 0; i < chips.size(); ++i) {
    if (chips[i].path != path) continue;
    if (chips[i].open_fails != 0) return -chips[i].open_fails;
    descriptors_[next_fd_] = {i, {}, 0, {}};
    return next_fd_++;
  }
  return -ENOENT;
}

void FakeGpio::close(int fd) { descriptors_.erase(fd); }

int FakeGpio::control(int fd, unsigned long request, void* argument) {
  const auto found = descriptors_.find(fd);
  if (found == descriptors_.end()) return -EBADF;
  Descriptor& descriptor = found->second;
  FakeChip& chip = chips[descriptor.chip];
  switch (request) {
    case GPIO_GET_CHIPINFO_IOCTL: {
      auto* info = static_cast<gpiochip_info*>(argument);
      put(info->name, chip.name);
      put(info->label, chip.label);
      info->lines = static_cast<uint32_t>(chip.lines.size());
      return 0;
    }
    case GPIO_V2_GET_LINEINFO_IOCTL: {
      auto* info = static_cast<gpio_v2_line_info*>(argument);
      if (chip.info_fails != 0) return -chip.info_fails;
      if (info->offset >= chip.lines.size()) return -EINVAL;
      const FakeLine& line = chip.lines[info->offset];
      put(info->name, line.name);
      put(info->consumer, line.consumer);
      info->flags = line.used ? GPIO_V2_LINE_FLAG_USED : 0;
      return 0;
    }
    case GPIO_V2_GET_LINE_IOCTL:
      return request_lines(descriptor.chip, static_cast<gpio_v2_line_request*>(argument));
    case GPIO_V2_LINE_SET_VALUES_IOCTL:
      return values(descriptor, static_cast<gpio_v2_line_values*>(argument), true);
    case GPIO_V2_LINE_GET_VALUES_IOCTL:
      return values(descriptor, static_cast<gpio_v2_line_values*>(argument), false);
    default:
      return -ENOTTY;
  }
}

int FakeGpio::request_lines(size_t chip, gpio_v2_line_request* request) {
  requests.push_back(*request);
  if (chips[chip].request_fails != 0) return -chips[chip].request_fails;
  Descriptor lines{chip, {}, 0, {}};
  for (uint32_t i = 0; i < request->num_lines; ++i) {
    if (request->offsets[i] >= chips[chip].lines.size()) return -EINVAL;
    if (chips[chip].lines[request->offsets[i]].used) return -EBUSY;
    lines.offsets.push_back(request->offsets[i]);
  }
  if ((request->config.flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0) lines.active_low = ~uint64_t{0};
  uint64_t driven = 0;
  for (uint32_t i = 0; i < request->config.num_attrs; ++i) {
    const gpio_v2_line_config_attribute& attribute = request->config.attrs[i];
    if (attribute.attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES) driven = attribute.attr.values;
    if (attribute.attr.id == GPIO_V2_LINE_ATTR_ID_FLAGS && (attribute.attr.flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW) != 0)
      lines.active_low |= attribute.mask;
  }
  if ((request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT) != 0) {
    gpio_v2_line_values dark = {driven, ~uint64_t{0}};
    if (const int failed = values(lines, &dark, true); failed < 0) return failed;
  }
  descriptors_[next_fd_] = lines;
  request->fd = next_fd_++;
  return 0;
}

int FakeGpio::values(Descriptor& lines, gpio_v2_line_values* values, bool set) {
  if (values_fail != 0) return -values_fail;
  if (lines.offsets.empty()) return -ENOTTY;
  uint64_t bits = 0;
  for (size_t i = 0; i < lines.offsets.size(); ++i) {
    const uint64_t bit = uint64_t{1} << i;
    if ((values->mask & bit) == 0) continue;
    const bool inverted = (lines.active_low & bit) != 0;
    bool& high = chips[lines.chip].lines[lines.offsets[i]].high;
    if (set) high = ((values->bits & bit) != 0) != inverted;
    if (high != inverted) bits |= bit;
  }
  if (!set) values->bits = bits;
  return 0;
}

long FakeGpio::read(int fd, void* into, size_t bytes) {
  const auto found = descriptors_.find(fd);
  if (found == descriptors_.end()) return -EBADF;
  if (read_gives) return *read_gives;
  std::deque<gpio_v2_line_event>& events = found->second.events;
  if (events.empty()) return -EAGAIN;
  size_t given = 0;
  while (!events.empty() && given + sizeof(gpio_v2_line_event) <= bytes) {
    std::memcpy(static_cast<char*>(into) + given, &events.front(), sizeof(gpio_v2_line_event));
    given += sizeof(gpio_v2_line_event);
    events.pop_front();
  }
  return static_cast<long>(given);
}

void FakeGpio::edge(int fd, uint64_t at_ns, uint32_t id, uint32_t seq) {
  gpio_v2_line_event event = {};
  event.timestamp_ns = at_ns;
  event.id = id;
  event.seqno = event.line_seqno = seq;
  descriptors_.at(fd).events.push_back(event);
}

}  // namespace cupcheck::test

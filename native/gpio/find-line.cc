#include "find-line.h"

#include <errno.h>
#include <linux/gpio.h>

#include <cstring>

namespace cupcheck {
namespace {

/** The kernel's fixed fields end with a zero only where there is room for one. */
std::string text_of(const char (&field)[GPIO_MAX_NAME_SIZE]) { return {field, strnlen(field, sizeof field)}; }

bool all_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

struct Chip {
  std::string path;
  std::string name;
  std::string label;
  uint32_t lines = 0;
};

/** Closes what it opened. */
class OpenChip {
 public:
  OpenChip(const GpioCalls& calls, const std::string& path) : calls_(calls), fd_(calls.open(calls.self, path.c_str())) {}
  ~OpenChip() {
    if (fd_ >= 0) calls_.close(calls_.self, fd_);
  }
  OpenChip(const OpenChip&) = delete;
  OpenChip& operator=(const OpenChip&) = delete;

  int fd() const { return fd_; }
  int control(unsigned long request, void* argument) const { return calls_.control(calls_.self, fd_, request, argument); }

 private:
  const GpioCalls& calls_;
  int fd_;
};

Status read_chip(const GpioCalls& calls, const std::string& path, Chip* out) {
  const OpenChip chip(calls, path);
  if (chip.fd() < 0) return gpio_fault("the GPIO chip " + path + " cannot be opened", -chip.fd());
  gpiochip_info info = {};
  if (const int failed = chip.control(GPIO_GET_CHIPINFO_IOCTL, &info); failed < 0)
    return gpio_fault(path + " does not answer as a GPIO chip", -failed);
  *out = {path, text_of(info.name), text_of(info.label), info.lines};
  return {};
}

Status find_chip(const GpioCalls& calls, const std::string& wanted, Chip* out) {
  if (wanted.find('/') != std::string::npos) return read_chip(calls, wanted, out);
  std::string there;
  Status unread;
  int fitting = 0;
  for (const std::string& path : calls.chips(calls.self)) {
    Chip chip;
    if (Status status = read_chip(calls, path, &chip); !status.ok()) {
      unread = status;
      continue;
    }
    there += (there.empty() ? "" : ", ") + chip.name + " [" + chip.label + "]";
    if (wanted != chip.name && wanted != chip.label) continue;
    ++fitting;
    *out = chip;
  }
  if (fitting == 1) return {};
  if (fitting > 1)
    return refuse("GPIO_FAULT", std::to_string(fitting) + " GPIO chips are called " + wanted + "; give the path of one (" + there + ")");
  // A chip that may not be opened could be the one.
  if (!unread.ok()) return unread;
  return refuse("GPIO_FAULT", "no GPIO chip is called " + wanted + "; there " + (there.empty() ? "is none" : "are " + there));
}

Status read_line(const OpenChip& chip, const Chip& of, uint32_t offset, gpio_v2_line_info* info) {
  *info = {};
  info->offset = offset;
  const int failed = chip.control(GPIO_V2_GET_LINEINFO_IOCTL, info);
  if (failed == -ENOTTY || failed == -EINVAL)
    return gpio_fault("this kernel has no lines of version 2 (Linux 5.10) for " + of.path, -failed);
  if (failed < 0) return gpio_fault("line " + std::to_string(offset) + " of " + of.path + " cannot be asked", -failed);
  return {};
}

}  // namespace

Status gpio_fault(const std::string& what, int os_error) {
  std::string message = what + ": " + std::strerror(os_error);
  if (os_error == EACCES || os_error == EPERM) message += " (this user is not in the group that may use GPIO chips)";
  if (os_error == EBUSY) message += " (another program or the kernel has it: gpioinfo tells which)";
  if (os_error == ENODEV) message += " (the chip was removed)";
  return {"GPIO_FAULT", std::move(message), os_error};
}

Status find_line(const GpioCalls& calls, const std::string& wanted_chip, const std::string& wanted_line, GpioLine* out) {
  Chip found;
  if (Status status = find_chip(calls, wanted_chip, &found); !status.ok()) return status;
  const OpenChip chip(calls, found.path);
  if (chip.fd() < 0) return gpio_fault("the GPIO chip " + found.path + " cannot be opened", -chip.fd());
  const bool by_offset = all_digits(wanted_line);
  const std::string of = " of " + found.name + " [" + found.label + "]";
  int fitting = 0;
  for (uint32_t offset = 0; offset < found.lines; ++offset) {
    if (by_offset && std::to_string(offset) != wanted_line) continue;
    gpio_v2_line_info info;
    if (Status status = read_line(chip, found, offset, &info); !status.ok()) return status;
    if (!by_offset && text_of(info.name) != wanted_line) continue;
    ++fitting;
    *out = {found.path, found.name,          found.label,
            offset,     text_of(info.name), (info.flags & GPIO_V2_LINE_FLAG_USED) != 0, text_of(info.consumer)};
  }
  if (fitting == 1) return {};
  if (fitting > 1)
    return refuse("GPIO_FAULT", std::to_string(fitting) + " lines" + of + " are called " + wanted_line + "; give an offset");
  return refuse("GPIO_FAULT", "no line" + of + " is called " + wanted_line + "; it has the offsets 0 to " +
                                  std::to_string(found.lines > 0 ? found.lines - 1 : 0) + " (gpioinfo tells their names)");
}

}  // namespace cupcheck

#pragma once

#include <cstdint>
#include <string>

#include "../status.h"
#include "calls.h"

namespace cupcheck {

/** A line of a GPIO chip, and who has it. */
struct GpioLine {
  std::string path;
  /** The kernel's name of the chip (`gpiochip0`), which may change with the next boot, and its label, which does not. */
  std::string chip;
  std::string label;
  uint32_t offset = 0;
  /** Empty where the board gives it none. */
  std::string name;
  bool used = false;
  /** Empty where the line is free, or its user did not say who it is. */
  std::string consumer;
};

/**
 * Finds a line.
 * @param chip a path (it has a slash), the kernel's name (gpiochip and a number), else a label
 * @param line digits: the offset; else the line's name
 * Errors: GPIO_FAULT where it is not there, cannot be opened, or the name or label fits more than one.
 */
Status find_line(const GpioCalls& calls, const std::string& chip, const std::string& line, GpioLine* out);

/** An error number in words, with what can be done about the usual ones. */
Status gpio_fault(const std::string& what, int os_error);

}  // namespace cupcheck

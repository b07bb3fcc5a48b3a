#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../status.h"
#include "device.h"

namespace cupcheck::v4l2 {

/** A control of a device, under the name that v4l2-ctl gives it too ("exposure_time_absolute"). */
struct Control {
  uint32_t id = 0;
  uint32_t type = 0;
  uint32_t flags = 0;
  std::string name;
  int32_t low = 0, high = 0, step = 1;
  int32_t value = 0;
  /** Of a menu, "1: Manual Mode". */
  std::vector<std::string> entries;
};

/** What a person wants of a control: a number, true or false, or the label of a menu's entry. */
struct ControlWish {
  std::string name;
  std::string value;
};

/** The controls that have one whole number as their value, with it. */
std::vector<Control> list_controls(Device& device);

/**
 * Sets them in the order given: an automatic one must be off before what it steers can be set.
 * Errors: CAMERA_SETUP with the control, what was wanted, and what is allowed; CAMERA_GONE.
 */
Status set_controls(Device& device, const std::vector<ControlWish>& wishes);

/** Whether each has taken, and is steered by no automatic control. Errors: CAMERA_SETUP, CAMERA_GONE. */
Status check_controls(Device& device, const std::vector<ControlWish>& wishes);

/** How long a frame is exposed, as the driver says. */
struct Exposure {
  enum class Kind { kUnknown, kFixed, kAutomatic } kind = Kind::kUnknown;
  int64_t ns = 0;
};

Exposure read_exposure(Device& device);

}  // namespace cupcheck::v4l2

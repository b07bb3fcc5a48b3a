#include "controls.h"

#include <errno.h>
#include <linux/videodev2.h>

#include <cctype>
#include <cstdlib>
#include <cstring>

namespace cupcheck::v4l2 {
namespace {

constexpr size_t kMaxControls = 256;
constexpr int32_t kMaxEntries = 64;
/** V4L2_CID_EXPOSURE_ABSOLUTE counts in these. */
constexpr int64_t kExposureUnitNs = 100'000;

std::string control_name(const uint8_t* text, size_t longest) {
  std::string name;
  for (size_t i = 0; i < longest && text[i] != 0; ++i) {
    if (std::isalnum(text[i])) {
      name += static_cast<char>(std::tolower(text[i]));
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

bool is_menu(const Control& control) {
  return control.type == V4L2_CTRL_TYPE_MENU || control.type == V4L2_CTRL_TYPE_INTEGER_MENU;
}

bool has_value(uint32_t type) {
  return type == V4L2_CTRL_TYPE_INTEGER || type == V4L2_CTRL_TYPE_BOOLEAN || type == V4L2_CTRL_TYPE_MENU ||
         type == V4L2_CTRL_TYPE_INTEGER_MENU || type == V4L2_CTRL_TYPE_BITMASK;
}

std::string menu_label(Device& device, const Control& control, int32_t index) {
  v4l2_querymenu entry{};
  entry.id = control.id;
  entry.index = static_cast<uint32_t>(index);
  if (device.ask(VIDIOC_QUERYMENU, &entry) < 0) return {};
  if (control.type == V4L2_CTRL_TYPE_INTEGER_MENU) return std::to_string(static_cast<long long>(entry.value));
  const char* label = reinterpret_cast<const char*>(entry.name);
  return std::string(label, strnlen(label, sizeof entry.name));
}

void read_value(Device& device, Control& control) {
  v4l2_control value{};
  value.id = control.id;
  if (device.ask(VIDIOC_G_CTRL, &value) == 0) control.value = value.value;
}

Status setup(const Device& device, const std::string& what) {
  return refuse("CAMERA_SETUP", device.path() + " (" + device.card() + "): " + what);
}

Status find(const Device& device, const std::vector<Control>& controls, const ControlWish& wish, const Control** out) {
  std::string names;
  for (const Control& control : controls) {
    if (control.name == wish.name) {
      *out = &control;
      return {};
    }
    names += (names.empty() ? "" : ", ") + control.name;
  }
  return setup(device, "has no control " + wish.name + "; it has " + (names.empty() ? "none" : names));
}

std::string allowed(const Control& control) {
  if (control.type == V4L2_CTRL_TYPE_BOOLEAN) return "true or false";
  if (is_menu(control)) {
    std::string text = "one of";
    for (const std::string& entry : control.entries) text += (text == "one of" ? " " : "; ") + entry;
    return text;
  }
  return std::to_string(control.low) + " to " + std::to_string(control.high) +
         (control.step > 1 ? " in steps of " + std::to_string(control.step) : "");
}

bool read_number(const std::string& text, int32_t* out) {
  char* end = nullptr;
  errno = 0;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != 0 || errno != 0 || number < INT32_MIN || number > INT32_MAX) return false;
  *out = static_cast<int32_t>(number);
  return true;
}

/** The wish as the control's number; false where it is none that the control takes. */
bool number_of(const Control& control, const std::string& wanted, int32_t* out) {
  if (control.type == V4L2_CTRL_TYPE_BOOLEAN && (wanted == "true" || wanted == "false")) {
    *out = wanted == "true";
    return true;
  }
  // "1: Manual Mode", by its label.
  for (const std::string& entry : control.entries)
    if (entry.substr(entry.find(": ") + 2) == wanted && control.type == V4L2_CTRL_TYPE_MENU) return read_number(entry.substr(0, entry.find(':')), out);
  if (!read_number(wanted, out) || *out < control.low || *out > control.high) return false;
  if (!is_menu(control)) return control.step <= 1 || (static_cast<int64_t>(*out) - control.low) % control.step == 0;
  for (const std::string& entry : control.entries)
    if (entry.rfind(wanted + ": ", 0) == 0) return true;
  return false;
}

Status number_wished(Device& device, const std::vector<Control>& controls, const ControlWish& wish,
                     const Control** control, int32_t* number) {
  if (Status status = find(device, controls, wish, control); !status.ok()) return status;
  if (number_of(**control, wish.value, number)) return {};
  return setup(device, "control " + wish.name + " cannot be " + wish.value + ", allowed is " + allowed(**control));
}

}  // namespace

std::vector<Control> list_controls(Device& device) {
  std::vector<Control> controls;
  uint32_t after = 0;
  while (controls.size() < kMaxControls) {
    v4l2_queryctrl query{};
    query.id = after | V4L2_CTRL_FLAG_NEXT_CTRL;
    if (device.ask(VIDIOC_QUERYCTRL, &query) < 0 || query.id <= after) break;
    after = query.id;
    if (!has_value(query.type) || (query.flags & V4L2_CTRL_FLAG_DISABLED)) continue;
    Control control;
    control.id = query.id;
    control.type = query.type;
    control.flags = query.flags;
    control.name = control_name(query.name, sizeof query.name);
    control.low = query.minimum;
    control.high = query.maximum;
    control.step = query.step;
    if (is_menu(control)) {
      for (int64_t index = control.low; index <= control.high && index < int64_t{control.low} + kMaxEntries; ++index) {
        const std::string label = menu_label(device, control, static_cast<int32_t>(index));
        if (!label.empty()) control.entries.push_back(std::to_string(index) + ": " + label);
      }
    }
    if (!(control.flags & V4L2_CTRL_FLAG_WRITE_ONLY)) read_value(device, control);
    controls.push_back(std::move(control));
  }
  return controls;
}

Status set_controls(Device& device, const std::vector<ControlWish>& wishes) {
  for (const ControlWish& wish : wishes) {
    // Anew each time: setting one may wake or silence others.
    const std::vector<Control> controls = list_controls(device);
    const Control* control = nullptr;
    int32_t number = 0;
    if (Status status = number_wished(device, controls, wish, &control, &number); !status.ok()) return status;
    if (control->flags & V4L2_CTRL_FLAG_READ_ONLY) return setup(device, "control " + wish.name + " can only be read");
    if (control->flags & V4L2_CTRL_FLAG_INACTIVE)
      return setup(device, "control " + wish.name + " is steered by an automatic one: turn that off before it in the list");
    v4l2_control value{};
    value.id = control->id;
    value.value = number;
    if (const int result = device.ask(VIDIOC_S_CTRL, &value); result < 0)
      return device_error(device.path() + " refuses " + wish.name + "=" + wish.value, -result);
  }
  return {};
}

Status check_controls(Device& device, const std::vector<ControlWish>& wishes) {
  if (wishes.empty()) return {};
  const std::vector<Control> controls = list_controls(device);
  for (const ControlWish& wish : wishes) {
    const Control* control = nullptr;
    int32_t number = 0;
    if (Status status = number_wished(device, controls, wish, &control, &number); !status.ok()) return status;
    if (control->value != number)
      return setup(device, "control " + wish.name + " was set to " + wish.value + " and reads " +
                               std::to_string(control->value));
    if (control->flags & V4L2_CTRL_FLAG_INACTIVE)
      return setup(device, "control " + wish.name + " was set to " + wish.value + ", but an automatic one steers it");
  }
  return {};
}

Exposure read_exposure(Device& device) {
  const Control* time = nullptr;
  const Control* mode = nullptr;
  const std::vector<Control> controls = list_controls(device);
  for (const Control& control : controls) {
    if (control.id == V4L2_CID_EXPOSURE_ABSOLUTE) time = &control;
    if (control.id == V4L2_CID_EXPOSURE_AUTO) mode = &control;
  }
  const bool automatic =
      mode != nullptr && mode->value != V4L2_EXPOSURE_MANUAL && mode->value != V4L2_EXPOSURE_SHUTTER_PRIORITY;
  if (automatic) return {Exposure::Kind::kAutomatic, 0};
  if (time == nullptr) return {};
  return {Exposure::Kind::kFixed, time->value * kExposureUnitNs};
}

}  // namespace cupcheck::v4l2

#include "arguments.h"

#include <algorithm>
#include <cstddef>

namespace cupcheck {
namespace {

constexpr size_t kLongestName = 256;
constexpr size_t kMostAxes = 8;
constexpr int64_t kLongestAxis = 65536;

/** 0 = not a whole number from 1 to the longest axis. */
int64_t axis_of(const std::string& digits) {
  if (digits.empty() || digits.size() > 5 || digits.find_first_not_of("0123456789") != std::string::npos) return 0;
  const int64_t axis = std::stoll(digits);
  return axis > kLongestAxis ? 0 : axis;
}

Status read_size(const std::string& text, InputSize* out) {
  const size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  // TensorRT's options separate by these.
  if (colon == std::string::npos || name.empty() || name.size() > kLongestName || name.find(',') != std::string::npos)
    return refuse("USAGE", "\"" + text + "\" is not the size of an input, such as crops:1x3x160x160");
  *out = {name, {}, text};
  for (size_t from = colon + 1; from <= text.size();) {
    const size_t end = std::min(text.find('x', from), text.size());
    const int64_t axis = axis_of(text.substr(from, end - from));
    if (axis == 0 || out->axes.size() == kMostAxes)
      return refuse("USAGE", "\"" + text + "\" is not the size of an input: it takes 1 to " + std::to_string(kMostAxes) +
                                 " axes of 1 to " + std::to_string(kLongestAxis) + ", such as crops:1x3x160x160");
    out->axes.push_back(axis);
    from = end + 1;
  }
  return {};
}

Status compare_sizes(const InputSize& least, const InputSize& most) {
  bool fit = least.name == most.name && least.axes.size() == most.axes.size();
  for (size_t at = 0; fit && at < least.axes.size(); ++at) fit = least.axes[at] <= most.axes[at];
  return fit ? Status{} : refuse("USAGE", least.text + " and " + most.text + " are not the smallest and the largest size of one input");
}

Status read_provider(const std::string& name, Provider* out) {
  if (name != "tensorrt" && name != "cpu") return refuse("USAGE", "unknown provider \"" + name + "\": it is tensorrt or cpu");
  *out = name == "cpu" ? Provider::kCpu : Provider::kTensorRt;
  return {};
}

}  // namespace

const char* const kUsage =
    "usage: cupcheck-engine-build [--provider tensorrt|cpu] SOURCE TARGET fp32|fp16 SMALLEST LARGEST, or --about; "
    "SMALLEST and LARGEST are sizes of the input, such as crops:1x3x160x160";

Status read_arguments(const std::vector<std::string>& given, Arguments* out) {
  if (given.size() == 1 && given[0] == "--about") {
    out->about = true;
    return {};
  }
  const bool named = given.size() > 1 && given[0] == "--provider";
  if (named)
    if (Status status = read_provider(given[1], &out->provider); !status.ok()) return status;
  const std::vector<std::string> rest(given.begin() + (named ? 2 : 0), given.end());
  if (rest.size() != 5) return refuse("USAGE", kUsage);
  if (rest[2] != "fp32" && rest[2] != "fp16") return refuse("USAGE", "unknown precision \"" + rest[2] + "\": it is fp32 or fp16");
  out->source = rest[0];
  out->target = rest[1];
  out->half = rest[2] == "fp16";
  if (Status status = read_size(rest[3], &out->least); !status.ok()) return status;
  if (Status status = read_size(rest[4], &out->most); !status.ok()) return status;
  return compare_sizes(out->least, out->most);
}

}  // namespace cupcheck

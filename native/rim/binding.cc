#include <algorithm>

#include "../binding.h"
#include "rims.h"

namespace cupcheck {
namespace {

constexpr size_t kCircleValues = 3;
constexpr size_t kRimValues = 8;

/**
 * findRims(data, width, height, stride, channels, circles, out): circles hold n × (cx, cy, radius), `out` takes
 * n × (found 0 or 1, cx, cy, major, minor, angle, seen, width).
 */
Napi::Value find_rims(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const Arguments::Doubles circles = arguments.doubles("circles");
  const Arguments::Doubles out = arguments.doubles("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const size_t count = circles.size / kCircleValues;
  if (circles.size % kCircleValues != 0 || out.size != count * kRimValues)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", std::to_string(circles.size) + " values of circles (3 each) with room for " +
                                                                  std::to_string(out.size) + " values of rims (8 each)"));
  std::vector<Circle> detected;
  for (size_t i = 0; i < circles.size; i += kCircleValues)
    detected.push_back({circles.data[i], circles.data[i + 1], circles.data[i + 2]});
  std::vector<Rim> rims;
  if (Status status = find_rims(picture, detected, &rims); !status.ok()) return throw_status(info.Env(), status);
  double* to = out.data;
  for (const Rim& rim : rims) {
    const double values[kRimValues] = {rim.found ? 1.0 : 0.0, rim.ellipse.cx,    rim.ellipse.cy, rim.ellipse.major,
                                       rim.ellipse.minor,     rim.ellipse.angle, rim.seen,       rim.width};
    to = std::copy(values, values + kRimValues, to);
  }
  return info.Env().Undefined();
}

}  // namespace

void export_rim(Napi::Env env, Napi::Object exports) { exports.Set("findRims", Napi::Function::New<find_rims>(env)); }

}  // namespace cupcheck

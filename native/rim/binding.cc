#include "../binding.h"
#include "rim.h"

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
  for (size_t i = 0; i < count; ++i) {
    const double* circle = circles.data + i * kCircleValues;
    Rim rim;
    if (Status status = find_rim(picture, {circle[0], circle[1], circle[2]}, &rim); !status.ok())
      return throw_status(info.Env(), status);
    const double values[kRimValues] = {rim.found ? 1.0 : 0.0, rim.ellipse.cx,    rim.ellipse.cy, rim.ellipse.major,
                                       rim.ellipse.minor,     rim.ellipse.angle, rim.seen,       rim.width};
    std::copy(values, values + kRimValues, out.data + i * kRimValues);
  }
  return info.Env().Undefined();
}

}  // namespace

void export_rim(Napi::Env env, Napi::Object exports) { exports.Set("findRims", Napi::Function::New<find_rims>(env)); }

}  // namespace cupcheck

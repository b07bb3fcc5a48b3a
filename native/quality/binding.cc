#include "../binding.h"
#include "difference.h"
#include "light.h"
#include "thumb.h"

namespace cupcheck {
namespace {

constexpr size_t kEllipseValues = 5;
constexpr size_t kLightValues = 3;

Ellipse ellipse_at(const double* v) { return {v[0], v[1], v[2], v[3], v[4]}; }

void store(const Light& light, double* out) {
  out[0] = light.luma;
  out[1] = light.highlight;
  out[2] = light.clipped;
}

Napi::Value answer(const Napi::CallbackInfo& info, const Status& status) {
  return status.ok() ? info.Env().Undefined() : throw_status(info.Env(), status);
}

/** glance(data, width, height, stride, channels, step, light, shrink, columns, rows, thumb): both in one call. */
Napi::Value glance(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const int step = static_cast<int>(arguments.integer("step", 1, kMaxSide));
  const Arguments::Doubles light = arguments.doubles("light");
  const int shrink = static_cast<int>(arguments.integer("shrink", 1, 8));
  const int columns = static_cast<int>(arguments.integer("columns", 0, kMaxSide));
  const int rows = static_cast<int>(arguments.integer("rows", 0, kMaxSide));
  const Arguments::Floats thumb = arguments.floats("thumb");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (light.size != kLightValues) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "light takes 3 values"));
  Light seen;
  if (Status status = picture_light(picture, step, &seen); !status.ok()) return throw_status(info.Env(), status);
  store(seen, light.data);
  return answer(info, thumb_of(picture, shrink, columns, rows, thumb.data, thumb.size));
}

/** changeBetween(a, b, columns, rows) → levels */
Napi::Value change(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Floats a = arguments.floats("a"), b = arguments.floats("b");
  const int columns = static_cast<int>(arguments.integer("columns", 0, kMaxSide));
  const int rows = static_cast<int>(arguments.integer("rows", 0, kMaxSide));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const size_t cells = static_cast<size_t>(columns) * rows;
  if (a.size != cells || b.size != cells)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "thumbs of " + std::to_string(a.size) + " and " +
                                                                  std::to_string(b.size) + " values, not " + std::to_string(cells)));
  double levels = 0;
  if (Status status = change_between(a.data, b.data, columns, rows, &levels); !status.ok())
    return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), levels);
}

/** discLights(data, width, height, stride, channels, ellipses, scale, out): n × 5 values in, n × 3 out. */
Napi::Value disc_lights(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const Arguments::Doubles ellipses = arguments.doubles("ellipses");
  const double scale = arguments.number("scale");
  const Arguments::Doubles out = arguments.doubles("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const size_t count = ellipses.size / kEllipseValues;
  if (ellipses.size % kEllipseValues != 0 || out.size != count * kLightValues)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", std::to_string(ellipses.size) + " values of ellipses (5 each) with room for " +
                                                                  std::to_string(out.size) + " values of light (3 each)"));
  for (size_t i = 0; i < count; ++i) {
    Light light;
    const Status status = disc_light(picture, ellipse_at(ellipses.data + i * kEllipseValues), scale, &light);
    if (!status.ok()) return throw_status(info.Env(), status);
    store(light, out.data + i * kLightValues);
  }
  return info.Env().Undefined();
}

/** discFocus(data, width, height, stride, channels, cx, cy, major, minor, angle, scale) → variance of the Laplacian */
Napi::Value focus(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  Ellipse outline;
  outline.cx = arguments.number("cx");
  outline.cy = arguments.number("cy");
  outline.major = arguments.number("major");
  outline.minor = arguments.number("minor");
  outline.angle = arguments.number("angle");
  const double scale = arguments.number("scale");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  double variance = 0;
  if (Status status = disc_focus(picture, outline, scale, &variance); !status.ok()) return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), variance);
}

/** differenceFromEmpty(now, before, width, height, columns, rows, mean, std, covered, marked) */
Napi::Value difference(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Floats now = arguments.floats("now"), before = arguments.floats("before");
  ScenePair scenes;
  scenes.width = static_cast<int>(arguments.integer("width", 1, kMaxSide));
  scenes.height = static_cast<int>(arguments.integer("height", 1, kMaxSide));
  scenes.columns = static_cast<int>(arguments.integer("columns", 1, kMaxSide));
  scenes.rows = static_cast<int>(arguments.integer("rows", 1, kMaxSide));
  scenes.mean = static_cast<float>(arguments.number("mean"));
  scenes.std = static_cast<float>(arguments.number("std"));
  const Arguments::Bytes covered = arguments.bytes("covered"), marked = arguments.bytes("marked");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (now.size != before.size || covered.size != marked.size)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "two scenes, or two masks, of different lengths"));
  scenes.now = now.data;
  scenes.before = before.data;
  scenes.values = now.size;
  return answer(info, difference_from_empty(scenes, covered.data, marked.data, marked.size));
}

/** steepestStep(scene, width, height, columns, rows) → units of the scene */
Napi::Value steepest(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Floats scene = arguments.floats("scene");
  const int width = static_cast<int>(arguments.integer("width", 1, kMaxSide));
  const int height = static_cast<int>(arguments.integer("height", 1, kMaxSide));
  const int columns = static_cast<int>(arguments.integer("columns", 1, kMaxSide));
  const int rows = static_cast<int>(arguments.integer("rows", 1, kMaxSide));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  double step = 0;
  if (Status status = steepest_step(scene.data, scene.size, width, height, columns, rows, &step); !status.ok())
    return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), step);
}

}  // namespace

void export_quality(Napi::Env env, Napi::Object exports) {
  exports.Set("glance", Napi::Function::New<glance>(env));
  exports.Set("changeBetween", Napi::Function::New<change>(env));
  exports.Set("discLights", Napi::Function::New<disc_lights>(env));
  exports.Set("discFocus", Napi::Function::New<focus>(env));
  exports.Set("differenceFromEmpty", Napi::Function::New<difference>(env));
  exports.Set("steepestStep", Napi::Function::New<steepest>(env));
}

}  // namespace cupcheck

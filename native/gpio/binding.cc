#include "../binding.h"

#include <unistd.h>

#include <algorithm>

#include "edge-watch.h"
#include "find-line.h"
#include "lines.h"

namespace cupcheck {
namespace {

constexpr double kMaxOffset = 65535;

/** gpioFind(chip, line) → {path, chip, label, offset, name, used, consumer} */
Napi::Value gpio_find(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsString())
    return throw_status(env, refuse("NATIVE_ARGUMENT", "chip and line are not both texts"));
  GpioLine line;
  if (Status status = find_line(kernel_gpio(), info[0].As<Napi::String>(), info[1].As<Napi::String>(), &line); !status.ok())
    return throw_status(env, status);
  Napi::Object found = Napi::Object::New(env);
  found.Set("path", Napi::String::New(env, line.path));
  found.Set("chip", Napi::String::New(env, line.chip));
  found.Set("label", Napi::String::New(env, line.label));
  found.Set("offset", Napi::Number::New(env, line.offset));
  found.Set("name", Napi::String::New(env, line.name));
  found.Set("used", Napi::Boolean::New(env, line.used));
  found.Set("consumer", Napi::String::New(env, line.consumer));
  return found;
}

/** gpioInput(offset, activeLow, bias, debounceUs, path) → fd */
Napi::Value gpio_input(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  InputWish wish;
  wish.offset = static_cast<uint32_t>(arguments.integer("offset", 0, kMaxOffset));
  wish.active_low = arguments.integer("activeLow", 0, 1) != 0;
  wish.bias = static_cast<GpioBias>(static_cast<int>(arguments.integer("bias", 0, 3)));
  wish.debounce_us = static_cast<uint32_t>(arguments.integer("debounceUs", 0, kMaxDebounceUs));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (!info[4].IsString()) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "path is not a text"));
  wish.path = info[4].As<Napi::String>();
  int fd = -1;
  if (Status status = request_input(kernel_gpio(), wish, &fd); !status.ok()) return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), fd);
}

/** gpioOutputs(offsets, activeLow, drive, path) → fd */
Napi::Value gpio_outputs(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  OutputWish wish;
  const Arguments::Doubles offsets = arguments.doubles("offsets");
  wish.active_low = static_cast<uint32_t>(arguments.integer("activeLow", 0, (1 << kMaxLines) - 1));
  wish.drive = static_cast<GpioDrive>(static_cast<int>(arguments.integer("drive", 0, 2)));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (!info[3].IsString()) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "path is not a text"));
  wish.path = info[3].As<Napi::String>();
  if (offsets.size < 1 || offsets.size > kMaxLines)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", std::to_string(offsets.size) + " lines, not 1 to " + std::to_string(kMaxLines)));
  for (size_t i = 0; i < offsets.size; ++i) {
    if (!(offsets.data[i] >= 0 && offsets.data[i] <= kMaxOffset))
      return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "offset " + std::to_string(offsets.data[i]) + " is none"));
    wish.offsets.push_back(static_cast<uint32_t>(offsets.data[i]));
  }
  int fd = -1;
  if (Status status = request_outputs(kernel_gpio(), wish, &fd); !status.ok()) return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), fd);
}

/** gpioDrive(fd, count, bits) */
Napi::Value gpio_drive(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  const int count = static_cast<int>(arguments.integer("count", 1, kMaxLines));
  const auto bits = static_cast<uint32_t>(arguments.integer("bits", 0, (1 << kMaxLines) - 1));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (Status status = drive_lines(kernel_gpio(), fd, count, bits); !status.ok()) return throw_status(info.Env(), status);
  return info.Env().Undefined();
}

/** gpioRead(fd, count) → bits */
Napi::Value gpio_read(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  const int count = static_cast<int>(arguments.integer("count", 1, kMaxLines));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  uint32_t bits = 0;
  if (Status status = read_lines(kernel_gpio(), fd, count, &bits); !status.ok()) return throw_status(info.Env(), status);
  return Napi::Number::New(info.Env(), bits);
}

/** gpioWatch(fd, told) → stop(). told(error | null, edges): {atNs, active, seq} each; nothing follows an error. */
Napi::Value gpio_watch(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (!info[1].IsFunction()) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "told is not a function"));
  Status status;
  auto watch = EdgeWatch::start(info.Env(), fd, info[1].As<Napi::Function>(), &status);
  if (!status.ok()) return throw_status(info.Env(), status);
  return Napi::Function::New(info.Env(), [watch](const Napi::CallbackInfo&) { watch->stop(); });
}

/** gpioClose(fd): the lines are free. Its watch must be stopped. */
Napi::Value gpio_close(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  close(fd);
  return info.Env().Undefined();
}

}  // namespace

void export_gpio(Napi::Env env, Napi::Object exports) {
  exports.Set("gpioFind", Napi::Function::New<gpio_find>(env));
  exports.Set("gpioInput", Napi::Function::New<gpio_input>(env));
  exports.Set("gpioOutputs", Napi::Function::New<gpio_outputs>(env));
  exports.Set("gpioDrive", Napi::Function::New<gpio_drive>(env));
  exports.Set("gpioRead", Napi::Function::New<gpio_read>(env));
  exports.Set("gpioWatch", Napi::Function::New<gpio_watch>(env));
  exports.Set("gpioClose", Napi::Function::New<gpio_close>(env));
}

}  // namespace cupcheck

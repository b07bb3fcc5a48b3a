#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "pixels.h"

namespace cupcheck {

/** A JavaScript error that carries the code. */
inline Napi::Error status_error(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message);
  error.Set("code", Napi::String::New(env, status.code));
  if (status.os_error != 0) error.Set("errno", Napi::Number::New(env, status.os_error));
  return error;
}

/** Throws it; a binding returns at once after it. */
inline Napi::Value throw_status(Napi::Env env, const Status& status) {
  status_error(env, status).ThrowAsJavaScriptException();
  return env.Undefined();
}

/**
 * Reads the arguments of one call in order. The first that is not what it should be is kept as `status`, and all later
 * reads give zeros: a binding reads everything, then asks once. Takes plain values only, so that no getter of the
 * caller's can run between a check and its use.
 */
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  const Status& status() const { return status_; }

  /** A whole number from `low` to `high`. */
  double integer(const char* name, double low, double high) {
    const double value = number(name);
    if (status_.ok() && (value != std::floor(value) || value < low || value > high))
      fail(std::string(name) + " is " + shown(value) + ", not a whole number from " + shown(low) + " to " + shown(high));
    return status_.ok() ? value : 0;
  }

  /** Number of an open file, `fd`. */
  int descriptor() { return static_cast<int>(integer("fd", 0, 1 << 20)); }

  double number(const char* name) {
    const Napi::Value value = next();
    if (!value.IsNumber() || !std::isfinite(value.As<Napi::Number>().DoubleValue())) {
      fail(std::string(name) + " is not a finite number");
      return 0;
    }
    return value.As<Napi::Number>().DoubleValue();
  }

  /** Passes over an argument that is read in another way. */
  void skip() { ++index_; }

  /** Text of at most `most` bytes of UTF-8. */
  std::string text(const char* name, size_t most) {
    const Napi::Value value = next();
    std::string text;
    if (value.IsString()) text = value.As<Napi::String>().Utf8Value();
    if (!value.IsString() || text.size() > most || text.find('\0') != std::string::npos) {
      fail(std::string(name) + " is not a text of at most " + std::to_string(most) + " bytes");
      return {};
    }
    return text;
  }

  /** A bigint of 64 bits, such as a time in nanoseconds. */
  int64_t big(const char* name) {
    const Napi::Value value = next();
    bool whole = false;
    const int64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Int64Value(&whole) : 0;
    if (!whole) fail(std::string(name) + " is not a bigint of 64 bits");
    return whole ? number : 0;
  }

  struct Bytes {
    uint8_t* data = nullptr;
    size_t size = 0;
  };

  /** The bytes of a Uint8Array or Buffer; a detached one has none. */
  Bytes bytes(const char* name) {
    const Napi::Value value = next();
    if (!is_typed(value, napi_uint8_array)) {
      fail(std::string(name) + " is not a Uint8Array");
      return {};
    }
    auto array = value.As<Napi::Uint8Array>();
    return {array.Data(), array.ElementLength()};
  }

  struct Floats {
    float* data = nullptr;
    size_t size = 0;
  };

  Floats floats(const char* name) {
    const Napi::Value value = next();
    if (!is_typed(value, napi_float32_array)) {
      fail(std::string(name) + " is not a Float32Array");
      return {};
    }
    auto array = value.As<Napi::Float32Array>();
    return {array.Data(), array.ElementLength()};
  }

  struct Doubles {
    double* data = nullptr;
    size_t size = 0;
  };

  Doubles doubles(const char* name) {
    const Napi::Value value = next();
    if (!is_typed(value, napi_float64_array)) {
      fail(std::string(name) + " is not a Float64Array");
      return {};
    }
    auto array = value.As<Napi::Float64Array>();
    return {array.Data(), array.ElementLength()};
  }

  struct Values {
    void* data = nullptr;
    size_t size = 0;
    napi_typedarray_type type = napi_uint8_array;
  };

  /** The values of a Float32Array, a Uint16Array or a Uint8Array. */
  Values values(const char* name) {
    const Napi::Value value = next();
    for (const auto type : {napi_float32_array, napi_uint16_array, napi_uint8_array}) {
      if (!is_typed(value, type)) continue;
      void* data = nullptr;
      size_t size = 0;
      if (napi_get_typedarray_info(value.Env(), value, nullptr, &size, &data, nullptr, nullptr) != napi_ok) break;
      return {data, size, type};
    }
    fail(std::string(name) + " is not a Float32Array, a Uint16Array or a Uint8Array");
    return {};
  }

  Bytes memory(const char* name) {
    const Napi::Value value = next();
    if (!value.IsArrayBuffer()) {
      fail(std::string(name) + " is not an ArrayBuffer");
      return {};
    }
    auto buffer = value.As<Napi::ArrayBuffer>();
    return {static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength()};
  }

  /** Five arguments: data, width, height, stride, format. `check_frame` has not seen them yet. */
  FrameView frame() { return frame_of("format", static_cast<int>(PixelFormat::kNv12)); }

  /** Five arguments: data, width, height, stride, channels. `check_pixels` has not seen them yet. */
  PixelView picture() {
    const FrameView view = frame_of("channels", 3);
    return {view.data, view.bytes, view.width, view.height, view.stride, static_cast<int>(view.format)};
  }

 private:
  FrameView frame_of(const char* layout, int most) {
    const Bytes data = bytes("data");
    FrameView view;
    view.data = data.data;
    view.bytes = data.size;
    view.width = static_cast<int>(integer("width", 1, kMaxSide));
    view.height = static_cast<int>(integer("height", 1, kMaxSide));
    view.stride = static_cast<int>(integer("stride", 1, kMaxStride));
    view.format = static_cast<PixelFormat>(static_cast<int>(integer(layout, 1, most)));
    return view;
  }

  Napi::Value next() { return info_[index_++]; }

  static bool is_typed(const Napi::Value& value, napi_typedarray_type type) {
    return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
  }

  static std::string shown(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
  }

  void fail(std::string message) {
    if (status_.ok()) status_ = refuse("NATIVE_ARGUMENT", std::move(message));
  }

  const Napi::CallbackInfo& info_;
  size_t index_ = 0;
  Status status_;
};

void export_frame_ring(Napi::Env env, Napi::Object exports);
void export_jpeg(Napi::Env env, Napi::Object exports);
void export_crop_resize(Napi::Env env, Napi::Object exports);
void export_quality(Napi::Env env, Napi::Object exports);
void export_rim(Napi::Env env, Napi::Object exports);
void export_gpio(Napi::Env env, Napi::Object exports);
void export_files(Napi::Env env, Napi::Object exports);

namespace v4l2 {
class Kernel;
}
/** @param kernel outlives the addon */
void export_v4l2(Napi::Env env, Napi::Object exports, v4l2::Kernel& kernel);

}  // namespace cupcheck

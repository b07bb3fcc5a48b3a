#include "../binding.h"
#include "jpeg.h"

namespace cupcheck {
namespace {

/** decodeJpeg(bytes, channels, scale) → {width, height, data: Buffer}, without padding. */
Napi::Value decode_jpeg(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Arguments arguments(info);
  const Arguments::Bytes jpeg = arguments.bytes("bytes");
  const int channels = static_cast<int>(arguments.integer("channels", 1, 3));
  const int scale = static_cast<int>(arguments.integer("scale", 1, 8));
  if (!arguments.status().ok()) return throw_status(env, arguments.status());
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data, jpeg.size, scale, &size); !status.ok()) return throw_status(env, status);
  auto pixels = Napi::Buffer<uint8_t>::New(env, static_cast<size_t>(size.width) * size.height * channels);
  if (env.IsExceptionPending()) return env.Undefined();
  if (Status status = jpeg_decode(jpeg.data, jpeg.size, size, channels, pixels.Data()); !status.ok())
    return throw_status(env, status);
  Napi::Object picture = Napi::Object::New(env);
  picture.Set("width", Napi::Number::New(env, size.width));
  picture.Set("height", Napi::Number::New(env, size.height));
  picture.Set("data", pixels);
  return picture;
}

/** encodeJpeg(data, width, height, stride, channels, quality) → Buffer */
Napi::Value encode_jpeg(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const int quality = static_cast<int>(arguments.integer("quality", 1, 100));
  if (!arguments.status().ok()) return throw_status(env, arguments.status());
  JpegSpan jpeg;
  if (Status status = jpeg_encode(picture, quality, &jpeg); !status.ok()) return throw_status(env, status);
  return Napi::Buffer<uint8_t>::Copy(env, jpeg.data.get(), jpeg.bytes);
}

}  // namespace

void export_jpeg(Napi::Env env, Napi::Object exports) {
  exports.Set("decodeJpeg", Napi::Function::New<decode_jpeg>(env));
  exports.Set("encodeJpeg", Napi::Function::New<encode_jpeg>(env));
}

}  // namespace cupcheck

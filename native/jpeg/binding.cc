#include "../binding.h"
#include "jpeg.h"

namespace cupcheck {
namespace {

Napi::Value sides(Napi::Env env, const JpegSize& size) {
  Napi::Object picture = Napi::Object::New(env);
  picture.Set("width", Napi::Number::New(env, size.width));
  picture.Set("height", Napi::Number::New(env, size.height));
  return picture;
}

/** jpegSize(bytes, scale) → {width, height} */
Napi::Value size_of_jpeg(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes jpeg = arguments.bytes("bytes");
  const int scale = static_cast<int>(arguments.integer("scale", 1, 8));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data, jpeg.size, scale, &size); !status.ok()) return throw_status(info.Env(), status);
  return sides(info.Env(), size);
}

/** decodeJpeg(bytes, channels, scale, out) → {width, height}; rows without padding in `out`, which may be longer. */
Napi::Value decode_jpeg(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes jpeg = arguments.bytes("bytes");
  const int channels = static_cast<int>(arguments.integer("channels", 1, 3));
  const int scale = static_cast<int>(arguments.integer("scale", 1, 8));
  const Arguments::Bytes out = arguments.bytes("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data, jpeg.size, scale, &size); !status.ok()) return throw_status(info.Env(), status);
  if (Status status = jpeg_decode(jpeg.data, jpeg.size, size, channels, out.data, out.size); !status.ok())
    return throw_status(info.Env(), status);
  return sides(info.Env(), size);
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
  exports.Set("jpegSize", Napi::Function::New<size_of_jpeg>(env));
  exports.Set("decodeJpeg", Napi::Function::New<decode_jpeg>(env));
  exports.Set("encodeJpeg", Napi::Function::New<encode_jpeg>(env));
}

}  // namespace cupcheck

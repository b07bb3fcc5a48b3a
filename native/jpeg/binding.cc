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

/** One decoding on a thread of libuv's pool. Bytes and result are kept alive by references. */
class DecodeWorker : public Napi::AsyncWorker {
 public:
  DecodeWorker(const Napi::CallbackInfo& info, Arguments::Bytes jpeg, int channels, JpegSize size, Arguments::Bytes out)
      : Napi::AsyncWorker(info.Env(), "decodeJpeg"),
        deferred_(Napi::Promise::Deferred::New(info.Env())),
        jpeg_(jpeg),
        channels_(channels),
        size_(size),
        out_(out) {
    kept_jpeg_ = Napi::Persistent(info[0].As<Napi::Object>());
    kept_out_ = Napi::Persistent(info[3].As<Napi::Object>());
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { status_ = jpeg_decode(jpeg_.data, jpeg_.size, size_, channels_, out_.data, out_.size); }

  void OnOK() override {
    if (status_.ok()) {
      deferred_.Resolve(sides(Env(), size_));
    } else {
      deferred_.Reject(status_error(Env(), status_).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  Arguments::Bytes jpeg_;
  int channels_;
  JpegSize size_;
  Arguments::Bytes out_;
  Napi::ObjectReference kept_jpeg_;
  Napi::ObjectReference kept_out_;
  Status status_;
};

/** decodeJpegAsync(bytes, channels, scale, out): as decodeJpeg, but a promise; what the header says is refused at once. */
Napi::Value decode_jpeg_later(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes jpeg = arguments.bytes("bytes");
  const int channels = static_cast<int>(arguments.integer("channels", 1, 3));
  const int scale = static_cast<int>(arguments.integer("scale", 1, 8));
  const Arguments::Bytes out = arguments.bytes("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data, jpeg.size, scale, &size); !status.ok()) return throw_status(info.Env(), status);
  // Napi::AsyncWorker deletes itself when it is done.
  auto* worker = new DecodeWorker(info, jpeg, channels, size, out);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
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
  exports.Set("decodeJpegAsync", Napi::Function::New<decode_jpeg_later>(env));
  exports.Set("encodeJpeg", Napi::Function::New<encode_jpeg>(env));
}

}  // namespace cupcheck

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

/** What one decoding reads and where it writes. */
struct Decoding {
  Arguments::Bytes jpeg;
  int channels = 0;
  JpegSize size;
  Arguments::Bytes out;

  Status run() const { return jpeg_decode(jpeg.data, jpeg.size, size, channels, out.data, out.size); }
};

/** Reads the arguments (bytes, channels, scale, out), and the picture's size from its header. */
Status read_decoding(const Napi::CallbackInfo& info, Decoding* decoding) {
  Arguments arguments(info);
  decoding->jpeg = arguments.bytes("bytes");
  decoding->channels = static_cast<int>(arguments.integer("channels", 1, 3));
  const int scale = static_cast<int>(arguments.integer("scale", 1, 8));
  decoding->out = arguments.bytes("out");
  if (!arguments.status().ok()) return arguments.status();
  return jpeg_size(decoding->jpeg.data, decoding->jpeg.size, scale, &decoding->size);
}

/** decodeJpeg(bytes, channels, scale, out) → {width, height}; rows without padding in `out`, which may be longer. */
Napi::Value decode_jpeg(const Napi::CallbackInfo& info) {
  Decoding decoding;
  if (Status status = read_decoding(info, &decoding); !status.ok()) return throw_status(info.Env(), status);
  if (Status status = decoding.run(); !status.ok()) return throw_status(info.Env(), status);
  return sides(info.Env(), decoding.size);
}

/** One decoding on a thread of libuv's pool. Bytes and result are kept alive by references. */
class DecodeWorker : public Napi::AsyncWorker {
 public:
  DecodeWorker(const Napi::CallbackInfo& info, const Decoding& decoding)
      : Napi::AsyncWorker(info.Env(), "decodeJpeg"),
        deferred_(Napi::Promise::Deferred::New(info.Env())),
        decoding_(decoding) {
    kept_jpeg_ = Napi::Persistent(info[0].As<Napi::Object>());
    kept_out_ = Napi::Persistent(info[3].As<Napi::Object>());
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { status_ = decoding_.run(); }

  void OnOK() override {
    if (status_.ok()) {
      deferred_.Resolve(sides(Env(), decoding_.size));
    } else {
      deferred_.Reject(status_error(Env(), status_).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  const Decoding decoding_;
  Napi::ObjectReference kept_jpeg_;
  Napi::ObjectReference kept_out_;
  Status status_;
};

/** decodeJpegAsync(bytes, channels, scale, out): as decodeJpeg, but a promise; what the header says is refused at once. */
Napi::Value decode_jpeg_later(const Napi::CallbackInfo& info) {
  Decoding decoding;
  if (Status status = read_decoding(info, &decoding); !status.ok()) return throw_status(info.Env(), status);
  // Napi::AsyncWorker deletes itself when it is done.
  auto* worker = new DecodeWorker(info, decoding);
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

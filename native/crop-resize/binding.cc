#include "../binding.h"
#include "crop-resize.h"

namespace cupcheck {
namespace {

void read_triple(Arguments& arguments, const char* name, float* out) {
  for (int c = 0; c < 3; ++c) out[c] = static_cast<float>(arguments.number(name));
}

/**
 * data, width, height, stride, format, boxes, kind, squaring, cropWidth, cropHeight, channels, mean ×3, std ×3, fill ×3,
 * disc, path, out
 */
CropJob read_job(Arguments& arguments) {
  CropJob job;
  job.frame = arguments.frame();
  const Arguments::Floats boxes = arguments.floats("boxes");
  job.boxes = boxes.data;
  job.box_values = boxes.size;
  job.kind = static_cast<BoxKind>(arguments.integer("kind", 0, 1));
  job.squaring = static_cast<Squaring>(arguments.integer("squaring", 0, 2));
  CropShape& shape = job.shape;
  shape.width = static_cast<int>(arguments.integer("width", 1, kMaxCropSide));
  shape.height = static_cast<int>(arguments.integer("height", 1, kMaxCropSide));
  shape.channels = static_cast<int>(arguments.integer("channels", 1, 3));
  read_triple(arguments, "mean", shape.mean);
  read_triple(arguments, "std", shape.std);
  read_triple(arguments, "fill", shape.fill);
  shape.disc_px = arguments.number("disc");
  job.path = static_cast<CropPath>(arguments.integer("path", 0, 3));
  const Arguments::Values out = arguments.values("out");
  job.out = out.data;
  job.out_values = out.size;
  job.type = out.type == napi_float32_array  ? ValueType::kFloat32
             : out.type == napi_uint16_array ? ValueType::kFloat16
                                             : ValueType::kUint8;
  return job;
}

Napi::Value crop_resize_now(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const CropJob job = read_job(arguments);
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (Status status = crop_resize(job); !status.ok()) return throw_status(info.Env(), status);
  return info.Env().Undefined();
}

/** One call on a thread of libuv's pool. Frame and result are kept alive by references, the boxes are copied. */
class CropWorker : public Napi::AsyncWorker {
 public:
  CropWorker(const Napi::CallbackInfo& info, const CropJob& job)
      : Napi::AsyncWorker(info.Env(), "cropResize"),
        deferred_(Napi::Promise::Deferred::New(info.Env())),
        boxes_(job.boxes, job.boxes + job.box_values),
        job_(job) {
    job_.boxes = boxes_.data();
    frame_ = Napi::Persistent(info[0].As<Napi::Object>());
    out_ = Napi::Persistent(info[info.Length() - 1].As<Napi::Object>());
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { status_ = crop_resize(job_); }

  void OnOK() override {
    if (status_.ok()) {
      deferred_.Resolve(Env().Undefined());
    } else {
      deferred_.Reject(status_error(Env(), status_).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::vector<float> boxes_;
  CropJob job_;
  Status status_;
  Napi::ObjectReference frame_;
  Napi::ObjectReference out_;
};

/** As above, but a promise; what is refused is refused at once. */
Napi::Value crop_resize_later(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const CropJob job = read_job(arguments);
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (Status status = check_crops(job); !status.ok()) return throw_status(info.Env(), status);
  // Napi::AsyncWorker deletes itself when it is done.
  auto* worker = new CropWorker(info, job);
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

/** cropPath(path) → the path's name, or null where this processor lacks it */
Napi::Value crop_path(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const auto path = static_cast<CropPath>(arguments.integer("path", 0, 3));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const RowSteps* steps = row_steps(path);
  return steps == nullptr ? info.Env().Null() : Napi::Value(Napi::String::New(info.Env(), steps->name));
}

/** toGrey(data, width, height, stride, channels, out) */
Napi::Value grey_copy(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const Arguments::Bytes out = arguments.bytes("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (Status status = to_grey(picture, out.data, out.size); !status.ok()) return throw_status(info.Env(), status);
  return info.Env().Undefined();
}

}  // namespace

void export_crop_resize(Napi::Env env, Napi::Object exports) {
  exports.Set("cropResize", Napi::Function::New<crop_resize_now>(env));
  exports.Set("cropResizeAsync", Napi::Function::New<crop_resize_later>(env));
  exports.Set("cropPath", Napi::Function::New<crop_path>(env));
  exports.Set("toGrey", Napi::Function::New<grey_copy>(env));
}

}  // namespace cupcheck

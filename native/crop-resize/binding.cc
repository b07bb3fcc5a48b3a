#include "crop-resize.h"

#include "../binding.h"

namespace cupcheck {
namespace {

/** cropResize(data, width, height, stride, channels, boxes, cropWidth, cropHeight, cropChannels, mean, std, fill, out) */
Napi::Value crop_resize_boxes(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const PixelView picture = arguments.picture();
  const Arguments::Floats boxes = arguments.floats("boxes");
  CropShape shape;
  shape.width = static_cast<int>(arguments.integer("width", 1, kMaxCropSide));
  shape.height = static_cast<int>(arguments.integer("height", 1, kMaxCropSide));
  shape.channels = static_cast<int>(arguments.integer("channels", 1, 3));
  shape.mean = static_cast<float>(arguments.number("mean"));
  shape.std = static_cast<float>(arguments.number("std"));
  shape.fill = static_cast<float>(arguments.number("fill"));
  const Arguments::Floats out = arguments.floats("out");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  if (boxes.size % 4 != 0)
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "boxes hold " + std::to_string(boxes.size) +
                                                                  " values (4 for each)"));
  if (Status status = crop_resize(picture, boxes.data, boxes.size / 4, shape, out.data, out.size); !status.ok())
    return throw_status(info.Env(), status);
  return info.Env().Undefined();
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
  exports.Set("cropResize", Napi::Function::New<crop_resize_boxes>(env));
  exports.Set("toGrey", Napi::Function::New<grey_copy>(env));
}

}  // namespace cupcheck

#include "binding.h"
#include "v4l2/kernel.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  cupcheck::export_frame_ring(env, exports);
  cupcheck::export_jpeg(env, exports);
  cupcheck::export_crop_resize(env, exports);
  cupcheck::export_quality(env, exports);
  cupcheck::export_rim(env, exports);
  cupcheck::export_v4l2(env, exports, cupcheck::v4l2::linux_kernel());
  cupcheck::export_gpio(env, exports);
  cupcheck::export_files(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(cupcheck, init)

#include "binding.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  cupcheck::export_frame_ring(env, exports);
  cupcheck::export_jpeg(env, exports);
  cupcheck::export_crop_resize(env, exports);
  cupcheck::export_quality(env, exports);
  cupcheck::export_rim(env, exports);
  cupcheck::export_gpio(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(cupcheck, init)

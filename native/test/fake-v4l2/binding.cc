// build/Release/cupcheck-fake-v4l2.node: capture on the fake driver, for the contract suite. It is not part of the product.
#include "../../binding.h"
#include "../fake-kernel.h"

namespace {

using cupcheck::test::FakeKernel;

/** One for each environment. */
FakeKernel& kernel_of(const Napi::CallbackInfo& info) { return *static_cast<FakeKernel*>(info.Data()); }

/** fakeRun(framesASecond) */
Napi::Value fake_run(const Napi::CallbackInfo& info) {
  kernel_of(info).run(info[0].As<Napi::Number>().DoubleValue());
  return info.Env().Undefined();
}

Napi::Value fake_unplug(const Napi::CallbackInfo& info) {
  kernel_of(info).unplug();
  return info.Env().Undefined();
}

Napi::Value fake_plug(const Napi::CallbackInfo& info) {
  kernel_of(info).plug();
  return info.Env().Undefined();
}

/** fakePlay(bytes, stampOffsetNs, flags or null) → whether it streams */
Napi::Value fake_play(const Napi::CallbackInfo& info) {
  cupcheck::test::FakeFrame frame;
  auto bytes = info[0].As<Napi::Uint8Array>();
  frame.bytes.assign(bytes.Data(), bytes.Data() + bytes.ElementLength());
  frame.stamp_offset_ns = static_cast<int64_t>(info[1].As<Napi::Number>().DoubleValue());
  if (info[2].IsNumber()) frame.flags = info[2].As<Napi::Number>().Uint32Value();
  return Napi::Boolean::New(info.Env(), kernel_of(info).play(frame));
}

/** fakeAutomaticExposure(on) */
Napi::Value fake_automatic_exposure(const Napi::CallbackInfo& info) {
  for (auto& control : kernel_of(info).controls)
    if (control.query.id == V4L2_CID_EXPOSURE_AUTO) control.value = info[0].As<Napi::Boolean>().Value() ? 3 : 1;
  return info.Env().Undefined();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // Never freed: a capture that is collected at the very end still refers to it.
  auto* kernel = new FakeKernel;
  cupcheck::export_v4l2(env, exports, *kernel);
  exports.Set("fakeRun", Napi::Function::New(env, fake_run, "fakeRun", kernel));
  exports.Set("fakeUnplug", Napi::Function::New(env, fake_unplug, "fakeUnplug", kernel));
  exports.Set("fakePlug", Napi::Function::New(env, fake_plug, "fakePlug", kernel));
  exports.Set("fakePlay", Napi::Function::New(env, fake_play, "fakePlay", kernel));
  exports.Set("fakeAutomaticExposure", Napi::Function::New(env, fake_automatic_exposure, "fakeAutomaticExposure", kernel));
  return exports;
}

}  // namespace

NODE_API_MODULE(cupcheck_fake_v4l2, init)

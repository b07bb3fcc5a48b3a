#include "../binding.h"

#include <memory>
#include <mutex>

#include "capture.h"

namespace cupcheck {
namespace {

using v4l2::Capture;

constexpr size_t kMaxPath = 4095;
constexpr size_t kMaxControls = 65536;

/** A capture, the ring that it writes into, and the way to the event loop. */
class Running {
 public:
  Running(Napi::Env env, v4l2::Kernel& kernel, Napi::ArrayBuffer map, const RingShape& shape,
          v4l2::CaptureOptions options, Napi::Function news)
      : map_(Napi::Persistent(map.As<Napi::Object>())),
        news_(Napi::ThreadSafeFunction::New(env, news, "cupcheck camera", 0, 1)),
        capture_(std::make_unique<Capture>(kernel, v4l2::CaptureRing{map.Data(), shape}, std::move(options), tell, this)) {}

  ~Running() { close(); }

  Capture* capture() { return capture_.get(); }

  /** Ends the thread, waits for it, and lets go of the ring. What was counted is gone too. */
  void close() {
    if (capture_ == nullptr) return;
    capture_.reset();
    news_.Release();
    map_.Reset();
  }

 private:
  // One call may stand for several pieces of news: whoever is called looks at everything. A full queue loses nothing.
  static void tell(void* context) {
    static_cast<Running*>(context)->news_.NonBlockingCall([](Napi::Env, Napi::Function news) { news.Call({}); });
  }

  Napi::ObjectReference map_;
  Napi::ThreadSafeFunction news_;
  std::unique_ptr<Capture> capture_;
};

v4l2::Kernel& kernel_of(const Napi::CallbackInfo& info) { return *static_cast<v4l2::Kernel*>(info.Data()); }

/** The running capture behind the first argument; null, with an error thrown, where it is closed or none. */
Capture* capture_of(const Napi::CallbackInfo& info) {
  Running* running = info[0].IsExternal() ? info[0].As<Napi::External<Running>>().Data() : nullptr;
  Capture* capture = running == nullptr ? nullptr : running->capture();
  if (capture == nullptr) throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "the capture is closed"));
  return capture;
}

/** "name=value", a line each. */
std::vector<v4l2::ControlWish> wishes_of(const std::string& text) {
  std::vector<v4l2::ControlWish> wishes;
  for (size_t from = 0; from < text.size();) {
    const size_t to = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, to - from);
    const size_t equals = std::min(line.find('='), line.size());
    wishes.push_back({line.substr(0, equals), equals < line.size() ? line.substr(equals + 1) : ""});
    from = to + 1;
  }
  return wishes;
}

/**
 * startCapture(map, path, source, width, height, rate, controls, buffers, silenceMs, firstSeq, news) → capture.
 * `map` must stay attached until closeCapture.
 */
Napi::Value start_capture(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes map = arguments.memory("map");
  v4l2::CaptureOptions options;
  options.path = arguments.text("path", kMaxPath);
  options.source = static_cast<v4l2::Source>(static_cast<int>(arguments.integer("source", 0, 3)));
  options.width = static_cast<int>(arguments.integer("width", kMinSide, kMaxSide));
  options.height = static_cast<int>(arguments.integer("height", kMinSide, kMaxSide));
  options.rate = arguments.number("rate");
  options.controls = wishes_of(arguments.text("controls", kMaxControls));
  options.buffers = static_cast<uint32_t>(arguments.integer("buffers", 2, 32));
  options.silence_ms = static_cast<int>(arguments.integer("silenceMs", 50, 600'000));
  options.first_seq = static_cast<uint64_t>(arguments.integer("firstSeq", 0, 9007199254740991.0));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const bool yuv = options.source == v4l2::Source::kYuyv || options.source == v4l2::Source::kNv12;
  if (yuv && (options.width % 2 != 0 || (options.source == v4l2::Source::kNv12 && options.height % 2 != 0)))
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "a YUV frame of odd sides"));
  if (!(options.rate > 0 && options.rate <= 1000))
    return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "rate is not above 0 and at most 1000"));
  if (!info[10].IsFunction()) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "news is not a function"));
  RingShape shape;
  if (Status status = ring_shape(map.data, map.size, &shape); !status.ok()) return throw_status(info.Env(), status);
  auto* running = new Running(info.Env(), kernel_of(info), info[0].As<Napi::ArrayBuffer>(), shape, std::move(options),
                              info[10].As<Napi::Function>());
  return Napi::External<Running>::New(info.Env(), running, [](Napi::Env, Running* ended) { delete ended; });
}

/** stopCapture(capture): it ends soon. */
Napi::Value stop_capture(const Napi::CallbackInfo& info) {
  if (Capture* capture = capture_of(info)) capture->stop();
  return info.Env().Undefined();
}

/** closeCapture(capture): waits for its end. Closing twice is harmless. */
Napi::Value close_capture(const Napi::CallbackInfo& info) {
  if (info[0].IsExternal()) info[0].As<Napi::External<Running>>().Data()->close();
  return info.Env().Undefined();
}

/** wantFrame(capture, afterNs, slot) → the want's number. */
Napi::Value want_frame(const Napi::CallbackInfo& info) {
  Capture* capture = capture_of(info);
  if (capture == nullptr) return info.Env().Undefined();
  Arguments arguments(info);
  arguments.skip();
  const int64_t after_ns = arguments.big("afterNs");
  const auto slot = static_cast<uint32_t>(arguments.integer("slot", 0, kMaxSlots - 1));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  const uint64_t want = capture->wants().add(after_ns, slot);
  if (want == 0) return throw_status(info.Env(), refuse("RING_FULL", "64 wait for a frame already"));
  return Napi::Number::New(info.Env(), static_cast<double>(want));
}

/** giveUpFrame(capture, want) → whether its slot is free; otherwise takeFrame will give it. */
Napi::Value give_up_frame(const Napi::CallbackInfo& info) {
  Capture* capture = capture_of(info);
  if (capture == nullptr) return info.Env().Undefined();
  Arguments arguments(info);
  arguments.skip();
  const auto want = static_cast<uint64_t>(arguments.integer("want", 1, 9007199254740991.0));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  return Napi::Boolean::New(info.Env(), capture->wants().give_up(want));
}

/** takeFrame(capture) → {want, slot, error?, generation, bytes, seq, stampNs}, or null where no want is answered. */
Napi::Value take_frame(const Napi::CallbackInfo& info) {
  Capture* capture = capture_of(info);
  if (capture == nullptr) return info.Env().Undefined();
  v4l2::Delivery delivery;
  if (!capture->wants().take(&delivery)) return info.Env().Null();
  const Napi::Env env = info.Env();
  Napi::Object result = Napi::Object::New(env);
  result.Set("want", Napi::Number::New(env, static_cast<double>(delivery.want)));
  result.Set("slot", Napi::Number::New(env, delivery.slot));
  result.Set("error", delivery.status.ok() ? env.Null() : status_error(env, delivery.status).Value());
  result.Set("generation", Napi::Number::New(env, static_cast<double>(delivery.generation)));
  result.Set("bytes", Napi::Number::New(env, static_cast<double>(delivery.bytes)));
  result.Set("seq", Napi::Number::New(env, static_cast<double>(delivery.seq)));
  result.Set("stampNs", Napi::BigInt::New(env, delivery.stamp_ns));
  return result;
}

Napi::Value opened_object(Napi::Env env, const v4l2::Opened& opened) {
  const char* exposure = opened.exposure.kind == v4l2::Exposure::Kind::kFixed       ? "fixed"
                         : opened.exposure.kind == v4l2::Exposure::Kind::kAutomatic ? "automatic"
                                                                                    : "unknown";
  Napi::Object result = Napi::Object::New(env);
  result.Set("driver", opened.driver);
  result.Set("card", opened.card);
  result.Set("bus", opened.bus);
  result.Set("rate", opened.rate);
  result.Set("exposure", exposure);
  result.Set("exposureNs", Napi::BigInt::New(env, opened.exposure.ns));
  return result;
}

/** captureState(capture) → {opened: {…} | null, ended: boolean, error: Error | null} */
Napi::Value capture_state(const Napi::CallbackInfo& info) {
  Capture* capture = capture_of(info);
  if (capture == nullptr) return info.Env().Undefined();
  const Napi::Env env = info.Env();
  v4l2::Opened opened;
  Status why;
  Napi::Object result = Napi::Object::New(env);
  result.Set("opened", capture->opened(&opened) ? opened_object(env, opened) : env.Null());
  result.Set("ended", capture->ended(&why));
  result.Set("error", why.ok() ? env.Null() : status_error(env, why).Value());
  return result;
}

/** captureCounts(capture, out): seen, missed, damaged, implausible, newest stamp in ns, last number. */
Napi::Value capture_counts(const Napi::CallbackInfo& info) {
  Capture* capture = capture_of(info);
  if (capture == nullptr) return info.Env().Undefined();
  const bool fits = info[1].IsTypedArray() && info[1].As<Napi::TypedArray>().TypedArrayType() == napi_bigint64_array &&
                    info[1].As<Napi::TypedArray>().ElementLength() == 6;
  if (!fits) return throw_status(info.Env(), refuse("NATIVE_ARGUMENT", "out is not a BigInt64Array of 6"));
  int64_t* out = info[1].As<Napi::BigInt64Array>().Data();
  const v4l2::Counts counts = capture->counts();
  const uint64_t values[] = {counts.seen, counts.missed, counts.damaged, counts.implausible};
  for (int i = 0; i < 4; ++i) out[i] = static_cast<int64_t>(values[i]);
  out[4] = counts.newest_ns;
  out[5] = static_cast<int64_t>(counts.last_seq);
  return info.Env().Undefined();
}

/** describeDevice(path) → {driver, card, bus, modes: [{format, width, height, rates}], controls: [{…}]}; it is opened. */
Napi::Value describe_device(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const std::string path = arguments.text("path", kMaxPath);
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  v4l2::Device device(kernel_of(info));
  if (Status status = device.open(path); !status.ok()) return throw_status(info.Env(), status);
  const Napi::Env env = info.Env();
  Napi::Array modes = Napi::Array::New(env);
  for (const v4l2::Mode& mode : v4l2::list_modes(device)) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("format", v4l2::fourcc_text(mode.fourcc));
    row.Set("width", mode.width);
    row.Set("height", mode.height);
    Napi::Array rates = Napi::Array::New(env);
    for (const double rate : mode.rates) rates.Set(rates.Length(), rate);
    row.Set("rates", rates);
    modes.Set(modes.Length(), row);
  }
  Napi::Array controls = Napi::Array::New(env);
  for (const v4l2::Control& control : v4l2::list_controls(device)) {
    Napi::Object row = Napi::Object::New(env);
    row.Set("name", control.name);
    row.Set("value", control.value);
    row.Set("low", control.low);
    row.Set("high", control.high);
    row.Set("step", control.step);
    Napi::Array entries = Napi::Array::New(env);
    for (const std::string& entry : control.entries) entries.Set(entries.Length(), entry);
    row.Set("entries", entries);
    controls.Set(controls.Length(), row);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("driver", device.driver());
  result.Set("card", device.card());
  result.Set("bus", device.bus());
  result.Set("modes", modes);
  result.Set("controls", controls);
  return result;
}

}  // namespace

void export_v4l2(Napi::Env env, Napi::Object exports, v4l2::Kernel& kernel) {
  exports.Set("startCapture", Napi::Function::New(env, start_capture, "startCapture", &kernel));
  exports.Set("stopCapture", Napi::Function::New(env, stop_capture));
  exports.Set("closeCapture", Napi::Function::New(env, close_capture));
  exports.Set("wantFrame", Napi::Function::New(env, want_frame));
  exports.Set("giveUpFrame", Napi::Function::New(env, give_up_frame));
  exports.Set("takeFrame", Napi::Function::New(env, take_frame));
  exports.Set("captureState", Napi::Function::New(env, capture_state));
  exports.Set("captureCounts", Napi::Function::New(env, capture_counts));
  exports.Set("describeDevice", Napi::Function::New(env, describe_device, "describeDevice", &kernel));
}

}  // namespace cupcheck

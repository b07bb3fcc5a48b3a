// Capture against a driver that behaves and misbehaves as it is told.
#include <errno.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "../frame-ring/frame-ring.h"
#include "../v4l2/capture.h"
#include "fake-kernel.h"
#include "harness.h"

// Of the address sanitizer; Debian's compiler does not bring the header.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, size_t),
                                                         void (*)(const volatile void*));

namespace cupcheck::test {
namespace {

using v4l2::Capture;
using v4l2::CaptureOptions;
using v4l2::Delivery;
using v4l2::Source;

constexpr int kWidth = 64, kHeight = 32;

/** A capture on the fake driver, and what it told of. */
struct Bench {
  FakeKernel kernel;
  RingMap ring;
  CaptureOptions options;
  std::unique_ptr<Capture> capture;
  std::mutex mutex;
  std::condition_variable told;

  explicit Bench(Source source = Source::kGrey) {
    options.path = FakeKernel::kPath;
    options.source = source;
    options.width = kWidth;
    options.height = kHeight;
    options.rate = 30;
    ring_create(4, 3 * kWidth * kHeight, &ring);
  }

  ~Bench() {
    capture.reset();
    ring_unmap(ring.base, ring.shape.total_bytes);
    close(ring.fd);
  }

  void start() {
    const auto notify = [](void* context) {
      auto* bench = static_cast<Bench*>(context);
      const std::lock_guard<std::mutex> lock(bench->mutex);
      bench->told.notify_all();
    };
    capture = std::make_unique<Capture>(kernel, v4l2::CaptureRing{ring.base, ring.shape}, options, notify, this);
  }

  /** Waits for something that capture tells of, or counts. */
  bool until(const std::function<bool()>& holds) {
    std::unique_lock<std::mutex> lock(mutex);
    for (int tries = 0; tries < 1000; ++tries) {
      if (holds()) return true;
      told.wait_for(lock, std::chrono::milliseconds(10));
    }
    return false;
  }

  Status end() {
    Status why;
    expect(until([&] { return capture->ended(&why); }), "the capture ends");
    return why;
  }

  v4l2::Opened opened() {
    v4l2::Opened opened;
    expect(until([&] { return capture->opened(&opened); }), "the device is opened");
    return opened;
  }

  bool seen(uint64_t frames) {
    return until([&] { return capture->counts().seen >= frames; });
  }

  Delivery delivery() {
    Delivery found;
    expect(until([&] { return capture->wants().take(&found); }), "a want is answered");
    return found;
  }

  const uint8_t* slot(uint32_t slot) const {
    return static_cast<const uint8_t*>(ring.base) + ring.shape.data_offset + slot * ring.shape.slot_stride;
  }
};

FakeFrame grey(uint8_t fill) {
  FakeFrame frame;
  frame.bytes.assign(kWidth * kHeight, fill);
  return frame;
}

void setup_refused(const char* text, const std::function<void(Bench&)>& spoil, const char* code = "CAMERA_SETUP") {
  Bench bench;
  spoil(bench);
  bench.start();
  const Status why = bench.end();
  expect_code(why, code, text);
  expect(why.message.find(text) != std::string::npos, text);
  if (why.message.find(text) == std::string::npos) std::fprintf(stderr, "  got %s\n", why.message.c_str());
}

void test_refusals() {
  setup_refused("/dev/other cannot be opened", [](Bench& b) { b.options.path = "/dev/other"; }, "CAMERA_GONE");
  setup_refused("delivers no pictures", [](Bench& b) { b.kernel.capabilities = V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING; });
  setup_refused("several planes", [](Bench& b) { b.kernel.capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE; });
  setup_refused("cannot stream", [](Bench& b) { b.kernel.capabilities = V4L2_CAP_VIDEO_CAPTURE; });
  setup_refused("asked for 64×32 GREY and gives 48×32 GREY", [](Bench& b) { b.kernel.only_width = 48; });
  setup_refused("interlaced", [](Bench& b) { b.kernel.field = V4L2_FIELD_INTERLACED; });
  setup_refused("asked for 30 frames a second and gives 15", [](Bench& b) { b.kernel.fastest_rate = 15; });
  setup_refused("another program uses it", [](Bench& b) { b.kernel.failing[VIDIOC_S_FMT] = EBUSY; });
  setup_refused("does not stream", [](Bench& b) { b.kernel.failing[VIDIOC_STREAMON] = ENOSPC; });
  setup_refused("gives 1 buffers", [](Bench& b) { b.kernel.buffer_count = 1; });
  setup_refused("raise camera.slotBytes", [](Bench& b) {
    b.options.source = Source::kYuyv;
    b.options.height = kHeight + 2;
  });
  setup_refused("no control exposure; it has white_balance_automatic, gain,", [](Bench& b) { b.options.controls = {{"exposure", "3"}}; });
  setup_refused("gain cannot be 105, allowed is 0 to 100 in steps of 5", [](Bench& b) { b.options.controls = {{"gain", "105"}}; });
  setup_refused("gain cannot be -5", [](Bench& b) { b.options.controls = {{"gain", "-5"}}; });
  setup_refused("gain cannot be 52", [](Bench& b) { b.options.controls = {{"gain", "52"}}; });
  setup_refused("gain cannot be high", [](Bench& b) { b.options.controls = {{"gain", "high"}}; });
  setup_refused("auto_exposure cannot be 2, allowed is one of 0: Auto Mode; 1: Manual Mode; 3: Aperture Priority Mode",
                [](Bench& b) { b.options.controls = {{"auto_exposure", "2"}}; });
  setup_refused("control gain can only be read", [](Bench& b) {
    for (FakeControl& control : b.kernel.controls)
      if (control.query.id == V4L2_CID_GAIN) control.query.flags |= V4L2_CTRL_FLAG_READ_ONLY;
    b.options.controls = {{"gain", "5"}};
  });
  setup_refused("steered by an automatic one", [](Bench& b) { b.options.controls = {{"exposure_time_absolute", "20"}}; });
  setup_refused("focus_absolute was set to 10 and reads 40", [](Bench& b) { b.options.controls = {{"focus_absolute", "10"}}; });
  setup_refused("gain was set to 5 and reads 50", [](Bench& b) {
    for (FakeControl& control : b.kernel.controls)
      if (control.query.id == V4L2_CID_GAIN) control.at_stream_start = 50;
    b.options.controls = {{"gain", "5"}};
  });
  setup_refused("an automatic one steers it", [](Bench& b) {
    b.kernel.controls[2].value = 1;
    b.options.controls = {{"exposure_time_absolute", "20"}, {"auto_exposure", "0"}};
  });
  setup_refused("refuses gain=5", [](Bench& b) {
    b.options.controls = {{"gain", "5"}};
    b.kernel.failing[VIDIOC_S_CTRL] = ERANGE;
  });
}

void test_agreement() {
  Bench bench;
  bench.options.controls = {
      {"auto_exposure", "Manual Mode"}, {"exposure_time_absolute", "20"}, {"white_balance_automatic", "false"}, {"gain", "5"}};
  bench.start();
  const v4l2::Opened opened = bench.opened();
  expect(opened.driver == "fake" && opened.card == "Fake camera" && opened.bus == "fake:1", "the device is named");
  expect(opened.rate > 29.9 && opened.rate < 30.1, "the rate is the driver's");
  expect(opened.exposure.kind == v4l2::Exposure::Kind::kFixed && opened.exposure.ns == 2'000'000, "a fixed exposure is read");

  Bench automatic;
  automatic.kernel.has_rate = false;
  automatic.start();
  expect(automatic.opened().exposure.kind == v4l2::Exposure::Kind::kAutomatic, "an automatic exposure is seen");
  expect(automatic.opened().rate == 0, "a driver without a rate to set is taken as it is");

  Bench bare;
  bare.kernel.controls.clear();
  bare.start();
  expect(bare.opened().exposure.kind == v4l2::Exposure::Kind::kUnknown, "a driver that tells no exposure");
}

void test_frames() {
  Bench bench;
  bench.kernel.row_padding = 16;
  bench.start();
  bench.opened();
  Capture& capture = *bench.capture;
  FakeFrame padded;
  padded.bytes.assign((kWidth + 16) * kHeight, 9);

  const int64_t before_ns = bench.kernel.now_ns() - 1'000'000;
  const uint64_t late = capture.wants().add(INT64_MAX, 3), first = capture.wants().add(before_ns, 1);
  bench.kernel.play(padded);
  const Delivery got = bench.delivery();
  expect(got.want == first && got.slot == 1 && got.status.ok(), "a frame answers the want that it suits");
  expect(got.bytes == kWidth * kHeight && got.seq == 0 && got.stamp_ns > before_ns, "it is described");
  expect(bench.slot(1)[0] == 9 && bench.slot(1)[got.bytes - 1] == 9, "it lies in the ring, without padding");
  expect(capture.wants().give_up(late), "a want that waits can be given up");
  expect(!capture.wants().give_up(late), "but once");

  // Never twice: two wants need two frames, and the one that has waited longest is first.
  const uint64_t second = capture.wants().add(before_ns, 0), third = capture.wants().add(before_ns, 2);
  bench.kernel.play(padded);
  expect(bench.delivery().want == second, "the longest waiting want comes first");
  Delivery none;
  expect(!capture.wants().take(&none), "one frame answers one want");
  bench.kernel.play(padded);
  expect(bench.delivery().want == third, "the next frame answers the next");

  padded.skip = 5;
  bench.kernel.play(padded);
  expect(bench.seen(4), "frames that nobody wants are taken all the same");
  expect(capture.counts().missed == 5 && capture.counts().last_seq == 8, "numbers left out are counted");
  expect(bench.until([&] { return bench.kernel.queued_buffers() == 4; }), "every buffer goes back to the driver");
}

void test_bad_frames() {
  Bench bench;
  bench.start();
  bench.opened();
  Capture& capture = *bench.capture;
  const uint64_t want = capture.wants().add(0, 0);
  FakeFrame flagged = grey(1), brief = grey(2), long_one = grey(3), old = grey(4), repeat = grey(6);
  flagged.flags |= V4L2_BUF_FLAG_ERROR;
  brief.bytes.pop_back();
  long_one.bytes_used = 1 << 20;
  old.stamp_offset_ns = -1'500'000'000;
  for (const FakeFrame& frame : {flagged, brief, long_one, old}) {
    bench.kernel.play(frame);
    expect(bench.until([&] { return bench.kernel.queued_buffers() == 4; }), "a bad frame goes back to the driver");
  }
  bench.kernel.play(grey(5));
  const Delivery got = bench.delivery();
  expect(got.want == want && bench.slot(0)[0] == 5, "no bad frame is handed out");
  expect(capture.counts().damaged == 3, "damaged ones are counted");
  expect(capture.counts().implausible == 1, "one that waited too long is counted");

  capture.wants().add(0, 1);
  repeat.stamp_offset_ns = -900'000'000;
  bench.kernel.play(repeat);
  expect(bench.seen(6), "a repeat is seen");
  Delivery none;
  expect(!capture.wants().take(&none), "an older stamp is a repeat, and answers nobody");
  FakeFrame same = grey(9);
  same.stamp_ns = capture.counts().newest_ns;
  bench.kernel.play(same);
  expect(bench.until([&] { return bench.kernel.queued_buffers() == 4; }) && bench.seen(7), "one with the newest stamp is seen");
  expect(!capture.wants().take(&none), "the newest stamp once more is a repeat, and answers nobody");

  FakeFrame future = grey(7);
  future.stamp_offset_ns = 1'000'000'000;
  bench.kernel.play(future);
  expect_code(bench.delivery().status, "FRAME_STALE", "a stamp from the future fails whoever waits");

  FakeFrame other_clock = grey(8);
  other_clock.flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
  bench.kernel.play(other_clock);
  expect_code(bench.end(), "CAMERA_CLOCK", "another clock is refused");
}

void test_jpeg_frames() {
  Bench bench(Source::kMjpeg);
  bench.start();
  bench.opened();
  Capture& capture = *bench.capture;
  const uint64_t want = capture.wants().add(0, 0);
  FakeFrame cut{fake_jpeg(1, 500)}, padded{fake_jpeg(2, 600)}, none;
  cut.bytes.resize(400);
  padded.bytes.resize(4000);
  bench.kernel.play(none);
  bench.kernel.play(cut);
  bench.kernel.play(padded);
  const Delivery got = bench.delivery();
  expect(got.want == want && got.bytes == 600, "a JPEG is handed out without its padding");
  expect(std::memcmp(bench.slot(0), padded.bytes.data(), 600) == 0, "byte for byte");
  expect(capture.counts().damaged == 2, "a truncated one is not");

  capture.wants().add(0, 1);
  bench.kernel.play({fake_jpeg(3, 3 * kWidth * kHeight + 1)});
  expect(bench.seen(4), "a large one is seen");
  // The driver's own buffer is smaller than a slot here, so it comes cut off.
  expect(capture.counts().damaged == 3, "one that the driver cut is damaged");
}

void test_colour_frames() {
  for (const Source source : {Source::kYuyv, Source::kNv12}) {
    Bench bench(source);
    bench.start();
    bench.opened();
    bench.capture->wants().add(0, 0);
    FakeFrame frame;
    frame.bytes.assign(kWidth * kHeight * (source == Source::kYuyv ? 4 : 3) / 2, 128);
    bench.kernel.play(frame);
    const Delivery got = bench.delivery();
    expect(got.bytes == 3 * kWidth * kHeight && bench.slot(0)[0] == 130 && bench.slot(0)[got.bytes - 1] == 130,
           "colours become RGB in the ring");
  }
}

/** Nothing of the device is held: another program can have it. */
void expect_let_go(const FakeKernel& kernel, const char* what) {
  expect(!kernel.is_streaming() && kernel.mapped_buffers() == 0 && !kernel.is_open(), what);
}

void test_endings() {
  {
    Bench bench;
    bench.start();
    bench.opened();
    bench.kernel.unplug();
    expect_code(bench.end(), "CAMERA_GONE", "an unplugged camera is gone");
    expect_let_go(bench.kernel, "a camera that is gone is let go of");
  }
  {
    Bench bench;
    bench.start();
    bench.opened();
    bench.kernel.failing[VIDIOC_DQBUF] = EIO;
    bench.kernel.play(grey(1));
    expect_code(bench.end(), "CAMERA_GONE", "a driver that fails is gone, to be opened again");
  }
  {
    Bench bench;
    bench.start();
    bench.opened();
    bench.kernel.break_poll(true);
    const Status why = bench.end();
    expect_code(why, "CAMERA_GONE", "an error without a frame ends it");
    expect(why.message.find("reports an error while streaming") != std::string::npos, "at once, not by its silence");
  }
  {
    Bench bench;
    bench.start();
    bench.opened();
    FakeFrame elsewhere = grey(1);
    elsewhere.index_said = 4;
    bench.kernel.play(elsewhere);
    const Status why = bench.end();
    expect_code(why, "CAMERA_GONE", "a buffer that the driver does not have ends it");
    expect(why.message.find("gives buffer 4 of 4") != std::string::npos, "and it is said which");
  }
  {
    Bench bench;
    bench.options.silence_ms = 10'000;
    bench.start();
    bench.opened();
    // Longer than the silence in all, though never between two frames.
    for (uint64_t frame = 1; frame <= 3; ++frame) {
      bench.kernel.advance_clock(6'000'000'000);
      bench.kernel.play(grey(1));
      expect(bench.seen(frame), "a camera that gives frames is not silent");
    }
  }
  {
    Bench bench;
    bench.options.silence_ms = 50;
    bench.start();
    bench.opened();
    bench.kernel.play(grey(1));
    const Status why = bench.end();
    expect_code(why, "CAMERA_GONE", "a silent camera counts as gone");
    expect(why.message.find("no frame for 50 ms") != std::string::npos, "and it is said why");
  }
  {
    Bench bench;
    bench.options.first_seq = 1000;
    bench.start();
    bench.opened();
    bench.capture->wants().add(0, 2);
    bench.kernel.play(grey(1));
    expect(bench.delivery().seq == 1000, "numbers go on where the stream before ended");
    bench.capture->stop();
    expect_code(bench.end(), nullptr, "a capture that was stopped ends well");
    expect(bench.kernel.stream_ends() == 1, "it ends the stream");
    expect_let_go(bench.kernel, "and lets the camera go");
  }
}

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

/** A thousand frames, all handed out, on a camera that was warmed up: what the thread and the hand-over allocate. */
void test_no_allocation() {
  static bool hooked = false;
  if (!hooked) {
    __sanitizer_install_malloc_and_free_hooks([](const volatile void*, size_t) { if (counting) ++allocations; },
                                              [](const volatile void*) {});
    hooked = true;
  }
  Bench bench(Source::kYuyv);
  bench.start();
  bench.opened();
  Capture& capture = *bench.capture;
  FakeFrame frame;
  frame.bytes.assign(2 * kWidth * kHeight, 77);
  int handed_out = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i % 2 == 0) capture.wants().add(0, static_cast<uint32_t>(i / 2 % 4));
    const uint64_t seen = capture.counts().seen;
    counting = i >= 10;
    bench.kernel.play(frame);
    while (capture.counts().seen == seen || bench.kernel.queued_buffers() < 3) std::this_thread::yield();
    Delivery got;
    while (i % 2 == 0 && !capture.wants().take(&got)) std::this_thread::yield();
    counting = false;
    handed_out += i % 2 == 0;
  }
  expect(handed_out == 500, "half of the frames are handed out");
  expect(allocations == 0, "no memory is allocated for a frame");
}

}  // namespace

void test_v4l2_setup() {
  test_refusals();
  test_agreement();
  FakeKernel kernel;
  v4l2::Device device(kernel);
  expect_code(device.open(FakeKernel::kPath), nullptr, "a device opens");
  const auto modes = v4l2::list_modes(device);
  expect(modes.size() == 8 && modes[0].width == 1920 && modes[0].rates.size() == 2 && modes[0].rates[0] == 30,
         "formats, sizes and rates are listed");
  const auto controls = v4l2::list_controls(device);
  expect(controls.size() == 5 && controls[0].name == "white_balance_automatic", "controls are listed under their names");
}

void test_v4l2_capture() {
  test_frames();
  test_bad_frames();
  test_jpeg_frames();
  test_colour_frames();
  test_endings();
  test_no_allocation();
}

}  // namespace cupcheck::test

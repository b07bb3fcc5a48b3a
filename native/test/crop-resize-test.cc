#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "../crop-resize/crop-resize.h"
#include "harness.h"
#include "reference-crop.h"

#if defined(__SANITIZE_ADDRESS__)
// Debian's gcc has the function, but not the header that declares it.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void*, size_t),
                                                         void (*)(const volatile void*));
#endif

namespace cupcheck::test {
namespace {

constexpr CropPath kPaths[] = {CropPath::kScalar, CropPath::kAvx2, CropPath::kNeon};

float uniform(Random& random, double low, double high) {
  return static_cast<float>(std::uniform_real_distribution<double>(low, high)(random));
}

template <typename T>
T one_of(Random& random, std::initializer_list<T> values) {
  return values.begin()[between(random, 0, static_cast<int>(values.size()) - 1)];
}

/** A call with all that it points to. Each buffer is exactly as large as needed: a byte too many is an error to the sanitizer. */
struct Call {
  std::vector<uint8_t> pixels;
  std::vector<float> boxes;
  std::vector<float> floats;
  std::vector<uint16_t> halves;
  std::vector<uint8_t> bytes;
  CropJob job;

  size_t box_values() const { return job.kind == BoxKind::kUpright ? 4 : 5; }

  void place_output() {
    const size_t count = boxes.size() / box_values() * job.shape.channels * job.shape.height * job.shape.width;
    floats.assign(job.type == ValueType::kFloat32 ? count : 0, -1);
    halves.assign(job.type == ValueType::kFloat16 ? count : 0, 0xbc00);
    bytes.assign(job.type == ValueType::kUint8 ? count : 0, 77);
    job.out_values = count;
    job.out = job.type == ValueType::kFloat32   ? static_cast<void*>(floats.data())
              : job.type == ValueType::kFloat16 ? static_cast<void*>(halves.data())
                                                : static_cast<void*>(bytes.data());
  }
};

void place_frame(Random& random, int width, int height, PixelFormat format, Call* call) {
  const bool pairs = format == PixelFormat::kYuyv || format == PixelFormat::kNv12;
  if (pairs) width += width % 2;
  if (format == PixelFormat::kNv12) height += height % 2;
  const int row = width * (format == PixelFormat::kRgb ? 3 : format == PixelFormat::kYuyv ? 2 : 1);
  const int stride = row + between(random, 0, 7);
  const int rows = format == PixelFormat::kNv12 ? height / 2 * 3 : height;
  call->pixels.resize(static_cast<size_t>(stride) * (rows - 1) + row);
  for (uint8_t& value : call->pixels) value = static_cast<uint8_t>(random());
  call->job.frame = {call->pixels.data(), call->pixels.size(), width, height, stride, format};
}

void place_boxes(Random& random, double reach, double longest, Call* call) {
  const CropShape& shape = call->job.shape;
  const double most = call->job.kind == BoxKind::kUpright ? longest : std::min<double>(longest, 32 * std::min(shape.width, shape.height));
  call->boxes.clear();
  for (int boxes = between(random, 0, 3); boxes > 0; --boxes) {
    for (int i = 0; i < 2; ++i) call->boxes.push_back(uniform(random, -reach, reach));
    for (int i = 0; i < 2; ++i) call->boxes.push_back(uniform(random, 0.01, most));
    if (call->job.kind == BoxKind::kRotated) call->boxes.push_back(uniform(random, -7, 7));
  }
  // Boxes on whole pixels are a special case for rounding.
  if (between(random, 0, 4) == 0)
    for (float& value : call->boxes) value = std::max(1.0f, std::floor(value));
  call->job.boxes = call->boxes.data();
  call->job.box_values = call->boxes.size();
}

Call random_call(Random& random, int largest_frame, int largest_crop, double reach, double longest) {
  Call call;
  place_frame(random, between(random, 1, largest_frame), between(random, 1, largest_frame),
              one_of(random, {PixelFormat::kGrey, PixelFormat::kRgb, PixelFormat::kYuyv, PixelFormat::kNv12}), &call);
  CropJob& job = call.job;
  job.kind = one_of(random, {BoxKind::kUpright, BoxKind::kRotated});
  job.squaring = one_of(random, {Squaring::kStretch, Squaring::kGrow, Squaring::kPad});
  CropShape& shape = job.shape;
  shape.width = between(random, 1, largest_crop);
  shape.height = between(random, 1, largest_crop);
  shape.channels = one_of(random, {1, 3});
  const bool plain = between(random, 0, 1) == 0;
  for (int c = 0; c < 3; ++c) {
    shape.mean[c] = plain ? 0 : uniform(random, 0, 200);
    shape.std[c] = plain ? 1 : uniform(random, 50, 128);
    shape.fill[c] = uniform(random, 0, 255);
  }
  if (between(random, 0, 2) == 0) shape.disc_px = uniform(random, 0.5, 1.5 * largest_crop);
  job.type = one_of(random, {ValueType::kFloat32, ValueType::kFloat16, ValueType::kUint8});
  place_boxes(random, reach, longest, &call);
  return call;
}

double value_of_half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double size = exponent == 31  ? (fraction == 0 ? std::numeric_limits<double>::infinity() : std::nan(""))
                      : exponent == 0 ? std::ldexp(fraction, -24)
                                      : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

/** Runs the call on a path and gives what it stored, as numbers. */
std::vector<double> run(Call& call, CropPath path) {
  call.job.path = path;
  call.place_output();
  expect_code(crop_resize(call.job), nullptr, "crops");
  std::vector<double> values(call.floats.begin(), call.floats.end());
  for (const uint16_t bits : call.halves) values.push_back(value_of_half(bits));
  values.insert(values.end(), call.bytes.begin(), call.bytes.end());
  return values;
}

/** How far the output's type alone may lie from an exact value. */
double rounding(ValueType type, double exact) {
  if (type == ValueType::kUint8) return 0.5;
  return type == ValueType::kFloat16 ? std::fabs(exact) / 2048 + 1e-7 : 0;
}

void expect_definition(Call& call) {
  const std::vector<double> expected = reference_crops(call.job);
  for (const CropPath path : kPaths) {
    if (row_steps(path) == nullptr) continue;
    const std::vector<double> values = run(call, path);
    bool close = values.size() == expected.size();
    double worst = 0;
    for (size_t i = 0; close && i < values.size(); ++i) {
      const double exact = call.job.type == ValueType::kUint8 ? std::clamp(expected[i], 0.0, 255.0) : expected[i];
      worst = std::max(worst, std::fabs(values[i] - exact) - rounding(call.job.type, exact));
    }
    // 0.002 of a pixel's unit, of which there are 255 to full scale.
    close = close && worst <= 0.002;
    expect(close, "a crop is what its definition says");
    if (!close)
      std::fprintf(stderr, "  %s is off by %g: format %d, kind %d, squaring %d, %dx%d, disc %g, box %g %g %g %g\n",
                   row_steps(path)->name, worst, static_cast<int>(call.job.frame.format), static_cast<int>(call.job.kind),
                   static_cast<int>(call.job.squaring), call.job.shape.width, call.job.shape.height,
                   call.job.shape.disc_px, call.boxes[0], call.boxes[1], call.boxes[2], call.boxes[3]);
  }
}

void expect_equal_paths(Call& call) {
  const std::vector<double> plain = run(call, CropPath::kScalar);
  for (const CropPath path : kPaths) {
    if (row_steps(path) == nullptr || path == CropPath::kScalar) continue;
    const std::vector<double> values = run(call, path);
    double worst = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      // Near a step of the output's type two values may fall to either side.
      const double step = call.job.type == ValueType::kUint8     ? 1
                          : call.job.type == ValueType::kFloat16 ? std::fabs(plain[i]) / 1024
                                                                 : 0;
      worst = std::max(worst, std::fabs(values[i] - plain[i]) - step);
    }
    // Values are pixels divided by a std of 1 or more: 1/255 of full scale is 1.
    const double allowed = 0.002;
    expect(worst <= allowed, "all paths give the same");
    if (worst > allowed) std::fprintf(stderr, "  %s differs by %g\n", row_steps(path)->name, worst);
  }
}

template <typename T>
bool all_are(const std::vector<T>& values, T value) {
  return std::all_of(values.begin(), values.end(), [=](T one) { return one == value; });
}

/** A refused call writes nothing. */
void expect_refused(Call& call, const char* what) {
  expect_code(crop_resize(call.job), "NATIVE_ARGUMENT", what);
  expect_code(check_crops(call.job), "NATIVE_ARGUMENT", what);
  expect(all_are(call.floats, -1.0f) && all_are<uint16_t>(call.halves, 0xbc00) && all_are<uint8_t>(call.bytes, 77),
         "a refused call writes nothing");
}

/** Changes one argument of a good call to one that is wrong. */
void spoil(Random& random, Call* call) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  CropJob& job = call->job;
  CropShape& shape = job.shape;
  const float wrong = one_of(random, {nan, infinity, -infinity});
  const int kind = between(random, 0, 17);
  if (kind <= 2 && call->boxes.empty()) return spoil(random, call);
  const size_t at = call->boxes.empty() ? 0 : random() % call->boxes.size();
  switch (kind) {
    case 0:
      call->boxes[at] = wrong;
      break;
    case 1:
      call->boxes[at] = one_of(random, {65537.0f, -65537.0f, 1e30f});
      break;
    case 2:
      call->boxes[at / call->box_values() * call->box_values() + 2 + at % 2] = one_of(random, {0.0f, -0.5f});
      break;
    case 3:
      job.box_values += job.box_values % call->box_values() == 0 ? 1 : 0;
      break;
    case 4:
      job.out_values += one_of(random, {-1, 1});
      break;
    case 5:
      shape.mean[between(random, 0, 2)] = wrong;
      break;
    case 6:
      shape.std[between(random, 0, 2)] = one_of(random, {wrong, 0.0f, 1e-45f});
      break;
    case 7:
      shape.fill[between(random, 0, 2)] = wrong;
      break;
    case 8:
      shape.disc_px = one_of(random, {-1.0, 4097.0, static_cast<double>(wrong)});
      break;
    case 9:
      shape.channels = one_of(random, {0, 2, 4});
      break;
    case 10:
      (between(random, 0, 1) ? shape.width : shape.height) = one_of(random, {0, -3, 2049});
      break;
    case 11:
      job.frame.bytes -= 1;
      break;
    case 12:
      job.frame.stride = one_of(random, {0, -1, kMaxStride + 1});
      break;
    case 13:
      (between(random, 0, 1) ? job.frame.width : job.frame.height) = one_of(random, {0, -1, 8193});
      break;
    case 14:
      job.frame.format = static_cast<PixelFormat>(one_of(random, {0, 2, 6}));
      break;
    case 15:
      job.frame.data = nullptr;
      break;
    case 16:
      job.path = one_of(random, {static_cast<CropPath>(4),
                                 row_steps(CropPath::kNeon) == nullptr ? CropPath::kNeon : CropPath::kAvx2});
      break;
    default:
      job.box_values = call->box_values() * (kMaxBoxes + 1);
  }
}

/** Boxes that take the special ways through the code. */
void test_large_calls(Random& random) {
  for (int round = 0; round < 6; ++round) {
    Call call = random_call(random, 60, 30, 60, 90);
    place_frame(random, between(random, 1500, 2000), between(random, 1, 40), call.job.frame.format, &call);
    call.job.kind = BoxKind::kUpright;
    call.boxes = {-20000, -30000, 65536, 65536, -3, -4, 1990, 30, 0, 0, 65536, 1};
    call.job.shape.width = one_of(random, {1, 2, 7, 300});
    call.job.shape.height = between(random, 1, 5);
    call.job.boxes = call.boxes.data();
    call.job.box_values = call.boxes.size();
    expect_definition(call);
  }
}

#if defined(__SANITIZE_ADDRESS__)
size_t allocations = 0;

/** The second of two equal calls finds its working memory there. */
void test_allocations(Random& random) {
  __sanitizer_install_malloc_and_free_hooks([](const volatile void*, size_t) { ++allocations; },
                                            [](const volatile void*) {});
  for (int round = 0; round < 50; ++round) {
    Call call = random_call(random, 90, 40, 90, 120);
    for (const CropPath path : kPaths) {
      if (row_steps(path) == nullptr) continue;
      run(call, path);
      const size_t before = allocations;
      const bool done = crop_resize(call.job).ok();
      expect(done && allocations == before, "a call allocates nothing where the one before needed as much");
    }
  }
  expect(allocations > 0, "allocations are counted");
}
#else
void test_allocations(Random&) {}
#endif

}  // namespace

void test_crop(Random& random) {
  for (int round = 0; round < 300; ++round) {
    Call call = random_call(random, 40, 12, 45, 70);
    expect_definition(call);
    expect_equal_paths(call);
  }
  test_large_calls(random);
  test_allocations(random);
  std::vector<uint8_t> pixels = smooth_pixels(random, 80, 70, 1), grey(80 * 70);
  expect_code(to_grey({pixels.data(), pixels.size(), 80, 70, 80, 1}, grey.data(), grey.size()), nullptr, "grey");
  expect(grey == pixels, "grey of grey is the same grey");
}

int fuzz_crop(Random& random, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int calls = 0;
  for (; std::chrono::steady_clock::now() < end; ++calls) {
    Call call = random_call(random, 120, 48, 150, one_of(random, {5.0, 100.0, 3000.0}));
    if (between(random, 0, 2) == 0) {
      call.place_output();
      spoil(random, &call);
      expect_refused(call, "a wrong call is refused");
    } else {
      expect_equal_paths(call);
    }
  }
  return calls;
}

}  // namespace cupcheck::test

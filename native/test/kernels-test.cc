// Drives the kernels without Node, built with the address and undefined-behaviour sanitizers by scripts/sanitize.sh.
// kernels-test SECONDS [SEED]: every behaviour once, then random damage to JPEGs for that long.
#include <fcntl.h>
#include <sys/mman.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "../crop-resize/crop-resize.h"
#include "../frame-ring/frame-ring.h"
#include "../jpeg/jpeg.h"

using namespace cupcheck;

namespace {

int checks = 0;
int failures = 0;

void expect(bool holds, const char* what) {
  ++checks;
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "failed: %s\n", what);
}

void expect_code(const Status& status, const char* code, const char* what) {
  const bool same = code == nullptr ? status.ok() : !status.ok() && std::string(status.code) == code;
  expect(same, what);
  if (!same) std::fprintf(stderr, "  got %s: %s\n", status.code ? status.code : "ok", status.message.c_str());
}

using Random = std::mt19937;

int between(Random& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }

std::vector<uint8_t> smooth_pixels(Random& random, int width, int height, int channels) {
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * height * channels);
  const int red = between(random, 1, 9), green = between(random, 1, 9);
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t x = i / channels % width, y = i / channels / width;
    pixels[i] = static_cast<uint8_t>(x * red + y * green + i % channels * 40 + between(random, 0, 15));
  }
  return pixels;
}

std::vector<uint8_t> encoded(Random& random, int width, int height, int channels) {
  const std::vector<uint8_t> pixels = smooth_pixels(random, width, height, channels);
  JpegSpan jpeg;
  expect_code(jpeg_encode({pixels.data(), pixels.size(), width, height, width * channels, channels}, 85, &jpeg), nullptr,
              "a picture is encoded");
  return {jpeg.data.get(), jpeg.data.get() + jpeg.bytes};
}

// Our encoder writes none, but a camera or a person may hand us one, and its decoder is another one.
std::vector<uint8_t> encoded_progressive(Random& random, int width, int height) {
  const std::vector<uint8_t> pixels = smooth_pixels(random, width, height, 3);
  unsigned char* data = nullptr;
  unsigned long bytes = 0;
  tjhandle handle = tjInitCompress();
  const int failed = tjCompress2(handle, pixels.data(), width, 0, height, TJPF_RGB, &data, &bytes, TJSAMP_422, 85,
                                 TJFLAG_PROGRESSIVE);
  expect(failed == 0, "a progressive picture is encoded");
  std::vector<uint8_t> jpeg(data, data + bytes);
  tjFree(data);
  tjDestroy(handle);
  return jpeg;
}

Status decode(const std::vector<uint8_t>& jpeg, int scale, int channels) {
  JpegSize size;
  if (Status status = jpeg_size(jpeg.data(), jpeg.size(), scale, &size); !status.ok()) return status;
  // Exactly as large as needed: a byte too many is an error to the address sanitizer.
  std::vector<uint8_t> pixels(static_cast<size_t>(size.width) * size.height * channels);
  return jpeg_decode(jpeg.data(), jpeg.size(), size, channels, pixels.data(), pixels.size());
}

void test_ring() {
  RingMap owner, reader;
  expect_code(ring_create(0, 10, &owner), "NATIVE_ARGUMENT", "a ring without slots is refused");
  expect_code(ring_create(64, 256u << 20, &owner), "NATIVE_ARGUMENT", "a ring beyond 2 GiB is refused");
  expect_code(ring_create(3, 5000, &owner), nullptr, "a ring is made");
  expect_code(ring_attach(owner.fd, &reader), nullptr, "a ring is attached");
  expect(ftruncate(owner.fd, 4096) != 0, "the ring cannot shrink");
  expect(mmap(nullptr, owner.shape.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, owner.fd, 0) == MAP_FAILED,
         "a second process cannot map the ring for writing");
  std::vector<uint8_t> frame(5000, 7);
  SlotState wrote, seen;
  for (uint32_t slot = 0; slot < 3; ++slot)
    expect_code(ring_write(owner.base, owner.shape, slot, frame.data(), frame.size(), &wrote), nullptr, "a full slot");
  expect_code(ring_write(owner.base, owner.shape, 3, frame.data(), 1, &wrote), "NATIVE_ARGUMENT", "no fourth slot");
  frame.resize(5001);
  expect_code(ring_write(owner.base, owner.shape, 0, frame.data(), frame.size(), &wrote), "NATIVE_ARGUMENT", "too large");
  expect_code(ring_state(reader.base, reader.shape, 2, &seen), nullptr, "a reader sees the state");
  expect(seen.generation == 2 && seen.bytes == 5000, "the reader sees the owner's generation and size");
  const uint8_t* last = static_cast<const uint8_t*>(reader.base) + reader.shape.data_offset +
                        2 * reader.shape.slot_stride + 4999;
  expect(*last == 7, "the reader sees the last byte of the last slot");
  ring_unmap(reader.base, reader.shape.total_bytes);

  // What an owner could write into its own header must not lead a reader out of the mapping.
  auto* header = static_cast<uint32_t*>(owner.base);
  header[3] = 60;
  expect_code(ring_attach(owner.fd, &reader), "NATIVE_ARGUMENT", "a header with more slots than memory is refused");
  header[3] = 3;
  header[2] = 9;
  expect_code(ring_attach(owner.fd, &reader), "NATIVE_ARGUMENT", "another version is refused");
  ring_unmap(owner.base, owner.shape.total_bytes);
  close(owner.fd);

  const int plain = open("/dev/null", O_RDONLY);
  expect_code(ring_attach(plain, &reader), "NATIVE_ARGUMENT", "a file that is no ring is refused");
  close(plain);
  const int unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  expect(ftruncate(unsealed, 8192) == 0, "a memfd grows");
  expect_code(ring_attach(unsealed, &reader), "NATIVE_ARGUMENT", "a memfd that can shrink is refused");
  close(unsealed);
  expect_code(ring_attach(-1, &reader), "NATIVE_ARGUMENT", "a closed descriptor is refused");
}

void test_jpeg(Random& random) {
  for (const std::vector<uint8_t>& jpeg : {encoded(random, 515, 517, 1), encoded(random, 515, 517, 3),
                                           encoded_progressive(random, 515, 517)}) {
    for (const int scale : {1, 2, 4, 8})
      for (const int wanted : {1, 3}) expect_code(decode(jpeg, scale, wanted), nullptr, "a whole JPEG decodes");
    for (size_t cut = 0; cut < jpeg.size(); cut += jpeg.size() / 40 + 1)
      expect_code(decode({jpeg.begin(), jpeg.begin() + cut}, 1, 3), "PICTURE_CORRUPT", "a cut JPEG is refused");
    expect_code(decode({jpeg.begin(), jpeg.end() - 1}, 1, 3), "PICTURE_CORRUPT", "one byte short is refused");
    expect_code(decode(jpeg, 3, 3), "NATIVE_ARGUMENT", "a scale of 1/3 is refused");
  }
  expect_code(decode(encoded(random, 120, 64, 3), 2, 3), "PICTURE_SIZE", "a scaled side below 64 is refused");
  expect_code(decode({}, 1, 3), "PICTURE_CORRUPT", "no bytes are refused");
}

void test_crop(Random& random) {
  for (int round = 0; round < 400; ++round) {
    const int channels = between(random, 0, 1) ? 3 : 1;
    const int width = between(random, 1, 90), height = between(random, 1, 90);
    const int stride = width * channels + between(random, 0, 7);
    std::vector<uint8_t> pixels(static_cast<size_t>(stride) * (height - 1) + width * channels, 200);
    std::vector<float> boxes;
    const int count = between(random, 0, 3);
    std::uniform_real_distribution<float> corner(-150, 150), side(0.01f, 300);
    for (int i = 0; i < count; ++i)
      for (const float value : {corner(random), corner(random), side(random), side(random)}) boxes.push_back(value);
    const CropShape shape = {between(random, 1, 40), between(random, 1, 40), between(random, 0, 1) ? 3 : 1, 0, 1, 50};
    std::vector<float> out(static_cast<size_t>(count) * shape.channels * shape.width * shape.height, -1);
    const PixelView picture = {pixels.data(), pixels.size(), width, height, stride, channels};
    expect_code(crop_resize(picture, boxes.data(), count, shape, out.data(), out.size()), nullptr, "crops");
    bool in_range = true;
    for (const float value : out) in_range = in_range && value > 49.9f && value < 200.1f;
    expect(in_range, "every value is a mean of pixels and fill");
    std::vector<uint8_t> grey(static_cast<size_t>(width) * height);
    expect_code(to_grey(picture, grey.data(), grey.size()), nullptr, "grey");
    expect(grey.back() == 200, "grey of grey is the same grey");
  }
  const std::vector<uint8_t> pixels(64 * 64);
  const PixelView picture = {pixels.data(), pixels.size(), 64, 64, 64, 1};
  const CropShape shape = {8, 8, 1, 0, 1, 0};
  std::vector<float> out(64);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity, 1e9f, 0.0f, -4.0f}) {
    const float box[4] = {0, 0, bad, 5};
    expect_code(crop_resize(picture, box, 1, shape, out.data(), 64), "NATIVE_ARGUMENT", "a bad box is refused");
  }
  const float box[4] = {0, 0, 64, 64};
  expect_code(crop_resize(picture, box, 1, shape, out.data(), 63), "NATIVE_ARGUMENT", "too little room is refused");
  const PixelView cut = {pixels.data(), pixels.size() - 1, 64, 64, 64, 1};
  expect_code(crop_resize(cut, box, 1, shape, out.data(), 64), "NATIVE_ARGUMENT", "missing pixels are refused");
  const CropShape no_std = {8, 8, 1, 0, 0, 0};
  expect_code(crop_resize(picture, box, 1, no_std, out.data(), 64), "NATIVE_ARGUMENT", "a std of 0 is refused");
}

/** Damages JPEGs at random and decodes them; any answer is right as long as no sanitizer objects. */
int damage_jpegs(Random& random, double seconds) {
  const std::vector<uint8_t> seeds[] = {encoded(random, 81, 80, 1), encoded(random, 99, 80, 3),
                                        encoded_progressive(random, 90, 70)};
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int decoded = 0;
  while (std::chrono::steady_clock::now() < end) {
    std::vector<uint8_t> jpeg = seeds[between(random, 0, 2)];
    for (int changes = between(random, 1, 12); changes > 0 && !jpeg.empty(); --changes) {
      const int size = static_cast<int>(jpeg.size());
      // Half of the damage goes to the headers, where sizes, tables and markers are.
      const int at = between(random, 0, (between(random, 0, 1) ? size : std::min(size, 640)) - 1);
      const int kind = between(random, 0, 9);
      if (kind < 7) jpeg[at] = static_cast<uint8_t>(between(random, 0, 255));
      if (kind == 7) jpeg.resize(at);
      if (kind == 8) jpeg.insert(jpeg.begin() + at, static_cast<uint8_t>(between(random, 0, 255)));
      if (kind == 9) jpeg.erase(jpeg.begin() + at);
    }
    static_cast<void>(decode(jpeg, 1 << between(random, 0, 3), between(random, 0, 1) ? 3 : 1));
    ++decoded;
  }
  return decoded;
}

}  // namespace

int main(int count, char** arguments) {
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : std::random_device{}();
  Random random(seed);
  test_ring();
  test_jpeg(random);
  test_crop(random);
  const int decoded = damage_jpegs(random, seconds);
  std::printf("%d checks, %d failed, %d damaged JPEGs decoded (seed %u)\n", checks, failures, decoded, seed);
  return failures == 0 ? 0 : 1;
}

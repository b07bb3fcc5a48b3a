// What capture is made of, each part by itself.
#include <vector>

#include "../v4l2/jpeg-end.h"
#include "../v4l2/sequence.h"
#include "../v4l2/wants.h"
#include "fake-kernel.h"
#include "harness.h"

namespace cupcheck::test {
namespace {

using v4l2::Delivery;
using v4l2::Wants;

void test_sequence() {
  v4l2::Sequence sequence(100);
  uint64_t missed = 0;
  expect(sequence.next(7, &missed) == 100, "a stream starts at any number");
  expect(sequence.next(8, &missed) == 101 && missed == 0, "the next number is the next frame");
  expect(sequence.next(8, &missed) == 102 && missed == 0, "a driver that numbers nothing misses nothing");
  expect(sequence.next(3, &missed) == 103 && missed == 0, "nor does one that counts backwards");
  expect(sequence.next(6, &missed) == 106 && missed == 2, "what is left out is missed");

  v4l2::Sequence wrapping(0);
  wrapping.next(0xffff'fffe, &missed);
  missed = 0;
  expect(wrapping.next(0xffff'ffff, &missed) == 1 && wrapping.next(0, &missed) == 2 && missed == 0, "numbers start again at 0");
  expect(wrapping.next(2, &missed) == 4 && missed == 1, "and are counted on");
}

void test_wants() {
  Wants wants;
  Delivery got;
  uint64_t want = 0;
  uint32_t slot = 0;
  const uint64_t first = wants.add(1000, 3);
  expect(!wants.begin(1000, &want, &slot), "a frame of that very moment is not after it");
  expect(wants.begin(1001, &want, &slot) && want == first && slot == 3, "a later one answers");
  expect(!wants.begin(1002, &want, &slot), "a want that is being answered is not answered by another frame");
  expect(!wants.give_up(first), "nor can it be given up");
  Delivery delivery;
  delivery.want = first;
  delivery.seq = 42;
  wants.finish(delivery);
  expect(!wants.begin(1003, &want, &slot), "nor one that was answered");

  const uint64_t second = wants.add(0, 4);
  expect(wants.fail_all({"FRAME_STALE", "for a test"}), "who waits is told of an error");
  expect(wants.take(&got) && got.want == first && got.seq == 42 && got.status.ok(), "who was answered keeps the answer");
  expect(wants.take(&got) && got.want == second && got.slot == 4 && !got.status.ok(), "who waited has the error");
  expect(!wants.take(&got) && !wants.fail_all({"FRAME_STALE", "for a test"}), "then nobody waits");

  for (size_t i = 0; i < Wants::kMost; ++i) expect(wants.add(0, 0) != 0, "there is room");
  expect(wants.add(0, 0) == 0, "but not without end");
}

void test_jpeg_segments() {
  std::vector<uint8_t> jpeg = fake_jpeg(1, 100);
  expect(v4l2::jpeg_length(jpeg.data(), jpeg.size()) == 100, "a JPEG ends with its last marker");
  for (const uint8_t length : {0, 1}) {
    jpeg[5] = length;
    expect(v4l2::jpeg_length(jpeg.data(), jpeg.size()) == 0, "a segment that is shorter than its own length is damage");
  }
}

}  // namespace

void test_v4l2_parts() {
  test_sequence();
  test_wants();
  test_jpeg_segments();
}

}  // namespace cupcheck::test

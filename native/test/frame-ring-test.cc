#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "../frame-ring/frame-ring.h"
#include "harness.h"

namespace cupcheck::test {

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

}  // namespace cupcheck::test

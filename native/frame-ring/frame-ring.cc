#include "frame-ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <new>

namespace cupcheck {
namespace {

constexpr uint64_t kMagic = 0x474e495250554331ull;  // "1CUPRING"
constexpr uint32_t kVersion = 1;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kHeaderBytes = 64;
// Linux 5.1: mappings made after the seal cannot be written. Older C libraries do not name it.
constexpr int kSealFutureWrite = 0x0010;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | kSealFutureWrite;

struct Header {
  uint64_t magic;
  uint32_t version;
  uint32_t slots;
  uint64_t slot_bytes;
  uint64_t total_bytes;
};

struct alignas(64) Slot {
  std::atomic<uint64_t> generation;
  std::atomic<uint64_t> bytes;
};

static_assert(sizeof(Header) <= kHeaderBytes, "the header has 64 bytes");
static_assert(sizeof(Slot) == 64, "a slot's state has its own cache line");
static_assert(std::atomic<uint64_t>::is_always_lock_free, "the generation is shared between processes");

uint64_t to_page(uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

Slot* slot_at(void* base, uint32_t slot) {
  return reinterpret_cast<Slot*>(static_cast<uint8_t*>(base) + kHeaderBytes) + slot;
}

const Slot* slot_at(const void* base, uint32_t slot) {
  return reinterpret_cast<const Slot*>(static_cast<const uint8_t*>(base) + kHeaderBytes) + slot;
}

Status shape_for(uint64_t slots, uint64_t slot_bytes, RingShape* out) {
  if (slots < 1 || slots > kMaxSlots)
    return refuse("NATIVE_ARGUMENT", "a ring of " + std::to_string(slots) + " slots (1 to 64)");
  if (slot_bytes < 1 || slot_bytes > kMaxSlotBytes)
    return refuse("NATIVE_ARGUMENT", "ring slots of " + std::to_string(slot_bytes) + " bytes (1 to 256 MiB)");
  RingShape shape;
  shape.slots = static_cast<uint32_t>(slots);
  shape.slot_bytes = slot_bytes;
  shape.slot_stride = to_page(slot_bytes);
  shape.data_offset = to_page(kHeaderBytes + slots * sizeof(Slot));
  shape.total_bytes = shape.data_offset + slots * shape.slot_stride;
  if (shape.total_bytes > kMaxRingBytes)
    return refuse("NATIVE_ARGUMENT", "a ring of " + std::to_string(shape.total_bytes) + " bytes (at most 2 GiB)");
  *out = shape;
  return {};
}

Status system_error(const char* what) {
  const int code = errno;
  return {"INTERNAL", std::string(what) + ": " + std::strerror(code), code};
}

Status slot_in(const RingShape& shape, uint32_t slot) {
  if (slot >= shape.slots)
    return refuse("NATIVE_ARGUMENT",
                  "slot " + std::to_string(slot) + " of a ring of " + std::to_string(shape.slots) + " slots");
  return {};
}

}  // namespace

Status ring_create(uint32_t slots, uint64_t slot_bytes, RingMap* out) {
  RingShape shape;
  if (Status status = shape_for(slots, slot_bytes, &shape); !status.ok()) return status;
  const int fd = memfd_create("cupcheck-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return system_error("memfd_create");
  Status status;
  void* base = MAP_FAILED;
  // fallocate, not ftruncate: memory that is not there is an error now, not a SIGBUS at some later frame.
  if (fallocate(fd, 0, 0, static_cast<off_t>(shape.total_bytes)) != 0) {
    status = system_error("fallocate of the frame ring");
  } else if ((base = mmap(nullptr, shape.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
    status = system_error("mmap of the frame ring");
  } else if (fcntl(fd, F_ADD_SEALS, kSeals) != 0) {
    status = system_error("sealing the frame ring");
    munmap(base, shape.total_bytes);
  }
  if (!status.ok()) {
    close(fd);
    return status;
  }
  for (uint32_t slot = 0; slot < shape.slots; ++slot) new (slot_at(base, slot)) Slot{};
  Header header{kMagic, kVersion, shape.slots, shape.slot_bytes, shape.total_bytes};
  std::memcpy(base, &header, sizeof header);
  *out = {base, fd, shape};
  return {};
}

Status ring_attach(int fd, RingMap* out) {
  const std::string name = "descriptor " + std::to_string(fd);
  struct stat file {};
  if (fd < 0 || fstat(fd, &file) != 0) return refuse("NATIVE_ARGUMENT", name + " is not open");
  // Only a memfd answers, and only the seals keep its owner from shrinking it under our reads (SIGBUS).
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) return refuse("NATIVE_ARGUMENT", name + " is not a sealed frame ring");
  if (file.st_size < static_cast<off_t>(kPage) || static_cast<uint64_t>(file.st_size) > kMaxRingBytes)
    return refuse("NATIVE_ARGUMENT", name + " has " + std::to_string(file.st_size) + " bytes: not a frame ring");
  const uint64_t total = static_cast<uint64_t>(file.st_size);
  void* base = mmap(nullptr, total, PROT_READ, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return system_error("mmap of the frame ring");
  RingShape shape;
  if (Status status = ring_shape(base, total, &shape); !status.ok()) {
    munmap(base, total);
    return status;
  }
  *out = {base, fd, shape};
  return {};
}

void ring_unmap(void* base, uint64_t total_bytes) { munmap(base, total_bytes); }

Status ring_shape(const void* base, uint64_t bytes, RingShape* out) {
  if (bytes < kPage) return refuse("NATIVE_ARGUMENT", "memory of " + std::to_string(bytes) + " bytes is no frame ring");
  Header header;
  std::memcpy(&header, base, sizeof header);
  if (header.magic != kMagic) return refuse("NATIVE_ARGUMENT", "the memory does not begin as a frame ring does");
  if (header.version != kVersion)
    return refuse("NATIVE_ARGUMENT", "frame ring version " + std::to_string(header.version) + " (this is version 1)");
  RingShape shape;
  if (Status status = shape_for(header.slots, header.slot_bytes, &shape); !status.ok()) return status;
  if (shape.total_bytes != bytes || header.total_bytes != bytes)
    return refuse("NATIVE_ARGUMENT", "a frame ring of " + std::to_string(shape.total_bytes) + " bytes in " +
                                         std::to_string(bytes) + " bytes of memory");
  *out = shape;
  return {};
}

Status ring_begin_write(void* base, const RingShape& shape, uint32_t slot, uint64_t bytes, uint8_t** out) {
  if (Status status = slot_in(shape, slot); !status.ok()) return status;
  if (bytes < 1 || bytes > shape.slot_bytes)
    return refuse("NATIVE_ARGUMENT", "a frame of " + std::to_string(bytes) + " bytes for a slot of " +
                                         std::to_string(shape.slot_bytes));
  Slot* state = slot_at(base, slot);
  const uint64_t before = state->generation.load(std::memory_order_relaxed);
  state->generation.store(before + 1, std::memory_order_relaxed);
  // No byte of the new frame may be seen before the odd generation.
  std::atomic_thread_fence(std::memory_order_release);
  *out = static_cast<uint8_t*>(base) + shape.data_offset + slot * shape.slot_stride;
  return {};
}

SlotState ring_end_write(void* base, uint32_t slot, uint64_t bytes) {
  Slot* state = slot_at(base, slot);
  const uint64_t generation = state->generation.load(std::memory_order_relaxed) + 1;
  state->bytes.store(bytes, std::memory_order_relaxed);
  state->generation.store(generation, std::memory_order_release);
  return {generation, bytes};
}

Status ring_write(void* base, const RingShape& shape, uint32_t slot, const uint8_t* frame, uint64_t bytes,
                  SlotState* out) {
  uint8_t* memory = nullptr;
  if (Status status = ring_begin_write(base, shape, slot, bytes, &memory); !status.ok()) return status;
  std::memcpy(memory, frame, bytes);
  *out = ring_end_write(base, slot, bytes);
  return {};
}

Status ring_state(const void* base, const RingShape& shape, uint32_t slot, SlotState* out) {
  if (Status status = slot_in(shape, slot); !status.ok()) return status;
  const Slot* state = slot_at(base, slot);
  std::atomic_thread_fence(std::memory_order_acquire);
  out->generation = state->generation.load(std::memory_order_acquire);
  out->bytes = state->bytes.load(std::memory_order_relaxed);
  if (out->bytes > shape.slot_bytes)
    return refuse("NATIVE_ARGUMENT", "slot " + std::to_string(slot) + " claims " + std::to_string(out->bytes) + " bytes");
  return {};
}

}  // namespace cupcheck

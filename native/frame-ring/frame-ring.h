#pragma once

#include <cstddef>
#include <cstdint>

#include "../status.h"

namespace cupcheck {

/**
 * A ring of frames in shared memory (a memfd): one process writes, others read the same pages.
 *
 * Layout, little-endian: a 64-byte header, then 64 bytes for each slot (generation, bytes written), then, from the next
 * page on, the slots' bytes, each slot on a page boundary. A slot's generation is odd while it is written and goes up
 * by two with every frame (a sequence lock), so a reader can tell that what it read was one whole frame.
 */
constexpr uint32_t kMaxSlots = 64;
constexpr uint64_t kMaxSlotBytes = 256ull << 20;
constexpr uint64_t kMaxRingBytes = 2ull << 30;

struct RingShape {
  uint32_t slots = 0;
  uint64_t slot_bytes = 0;
  /** From one slot's bytes to the next one's. */
  uint64_t slot_stride = 0;
  uint64_t data_offset = 0;
  uint64_t total_bytes = 0;
};

struct RingMap {
  void* base = nullptr;
  int fd = -1;
  RingShape shape;
};

struct SlotState {
  /** 0: never written; odd: being written. */
  uint64_t generation = 0;
  uint64_t bytes = 0;
};

/** Errors: NATIVE_ARGUMENT (bounds), INTERNAL (the kernel refuses memory). The caller owns `fd` and the mapping. */
Status ring_create(uint32_t slots, uint64_t slot_bytes, RingMap* out);

/**
 * Maps another process's ring, for reading only: the kernel refuses writes. `fd` stays the caller's.
 * Errors: NATIVE_ARGUMENT when it is not a sealed ring of this version or its sizes do not agree.
 */
Status ring_attach(int fd, RingMap* out);

void ring_unmap(void* base, uint64_t total_bytes);

/** Reads and checks the header of mapped memory; every offset derived from `out` lies within `bytes`. */
Status ring_shape(const void* base, uint64_t bytes, RingShape* out);

/** Copies one frame into a slot of a writable mapping. Errors: NATIVE_ARGUMENT (slot, size). */
Status ring_write(void* base, const RingShape& shape, uint32_t slot, const uint8_t* frame, uint64_t bytes,
                  SlotState* out);

/**
 * Opens a slot of a writable mapping for `bytes` bytes that the caller puts at `*out` itself; to a reader the slot is
 * being written until `ring_end_write`. Errors: NATIVE_ARGUMENT (slot, size).
 */
Status ring_begin_write(void* base, const RingShape& shape, uint32_t slot, uint64_t bytes, uint8_t** out);

/** The frame is whole. Only after `ring_begin_write` of the same slot and size. */
SlotState ring_end_write(void* base, uint32_t slot, uint64_t bytes);

/** The slot's state now. Whatever was read from the slot before this call is not reordered after it. */
Status ring_state(const void* base, const RingShape& shape, uint32_t slot, SlotState* out);

}  // namespace cupcheck

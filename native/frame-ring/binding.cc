#include "../binding.h"

#include <fcntl.h>
#include <unistd.h>

#include "frame-ring.h"

namespace cupcheck {
namespace {

Napi::Value slot_object(Napi::Env env, const SlotState& state) {
  Napi::Object result = Napi::Object::New(env);
  // A generation passes 2^53 after 4.7 million years at 30 frames a second.
  result.Set("generation", Napi::Number::New(env, static_cast<double>(state.generation)));
  result.Set("bytes", Napi::Number::New(env, static_cast<double>(state.bytes)));
  return result;
}

// The mapping lives as long as the ArrayBuffer's memory: until it is detached, or collected with all its views.
Napi::Value ring_object(Napi::Env env, const RingMap& ring) {
  const uint64_t total = ring.shape.total_bytes;
  Napi::Object result = Napi::Object::New(env);
  result.Set("map", Napi::ArrayBuffer::New(env, ring.base, total,
                                           [total](Napi::Env, void* base) { ring_unmap(base, total); }));
  result.Set("fd", Napi::Number::New(env, ring.fd));
  result.Set("slots", Napi::Number::New(env, ring.shape.slots));
  result.Set("slotBytes", Napi::Number::New(env, static_cast<double>(ring.shape.slot_bytes)));
  result.Set("slotStride", Napi::Number::New(env, static_cast<double>(ring.shape.slot_stride)));
  result.Set("dataOffset", Napi::Number::New(env, static_cast<double>(ring.shape.data_offset)));
  return result;
}

/** createRing(slots, slotBytes) → {map, fd, slots, slotBytes, slotStride, dataOffset} */
Napi::Value create_ring(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const auto slots = static_cast<uint32_t>(arguments.integer("slots", 1, kMaxSlots));
  const auto slot_bytes = static_cast<uint64_t>(arguments.integer("slotBytes", 1, kMaxSlotBytes));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  RingMap ring;
  if (Status status = ring_create(slots, slot_bytes, &ring); !status.ok()) return throw_status(info.Env(), status);
  return ring_object(info.Env(), ring);
}

/** attachRing(fd) → the same, of another process's ring, for reading only. */
Napi::Value attach_ring(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  RingMap ring;
  if (Status status = ring_attach(fd, &ring); !status.ok()) return throw_status(info.Env(), status);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return ring_object(info.Env(), ring);
}

/** closeRing(map, fd): detaches every view and closes the descriptor. */
Napi::Value close_ring(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes map = arguments.memory("map");
  const int fd = arguments.descriptor();
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  RingShape shape;
  if (Status status = ring_shape(map.data, map.size, &shape); !status.ok()) return throw_status(info.Env(), status);
  info[0].As<Napi::ArrayBuffer>().Detach();
  close(fd);
  return info.Env().Undefined();
}

/** writeRing(map, slot, bytes) → {generation, bytes} */
Napi::Value write_ring(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes map = arguments.memory("map");
  const auto slot = static_cast<uint32_t>(arguments.integer("slot", 0, kMaxSlots - 1));
  const Arguments::Bytes frame = arguments.bytes("bytes");
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  RingShape shape;
  if (Status status = ring_shape(map.data, map.size, &shape); !status.ok()) return throw_status(info.Env(), status);
  SlotState state;
  if (Status status = ring_write(map.data, shape, slot, frame.data, frame.size, &state); !status.ok())
    return throw_status(info.Env(), status);
  return slot_object(info.Env(), state);
}

/** slotState(map, slot) → {generation, bytes} */
Napi::Value slot_state(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Arguments::Bytes map = arguments.memory("map");
  const auto slot = static_cast<uint32_t>(arguments.integer("slot", 0, kMaxSlots - 1));
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  RingShape shape;
  if (Status status = ring_shape(map.data, map.size, &shape); !status.ok()) return throw_status(info.Env(), status);
  SlotState state;
  if (Status status = ring_state(map.data, shape, slot, &state); !status.ok()) return throw_status(info.Env(), status);
  return slot_object(info.Env(), state);
}

}  // namespace

void export_frame_ring(Napi::Env env, Napi::Object exports) {
  exports.Set("createRing", Napi::Function::New<create_ring>(env));
  exports.Set("attachRing", Napi::Function::New<attach_ring>(env));
  exports.Set("closeRing", Napi::Function::New<close_ring>(env));
  exports.Set("writeRing", Napi::Function::New<write_ring>(env));
  exports.Set("slotState", Napi::Function::New<slot_state>(env));
}

}  // namespace cupcheck

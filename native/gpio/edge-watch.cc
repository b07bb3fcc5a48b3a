#include "edge-watch.h"

#include <errno.h>

#include "../binding.h"

namespace cupcheck {
namespace {

/** More edges than this in one turn of the loop wait for the next one. */
constexpr size_t kMostEdges = 1024;

/** All that wait: libuv has made the descriptor one that does not block. */
Status read_all(int fd, std::vector<Edge>* out) {
  std::vector<Edge> some;
  do {
    if (Status status = read_edges(kernel_gpio(), fd, &some); !status.ok()) return status;
    out->insert(out->end(), some.begin(), some.end());
  } while (!some.empty() && out->size() < kMostEdges);
  return {};
}

}  // namespace

EdgeWatch::EdgeWatch(Napi::Env env, int fd, Napi::Function told)
    : env_(env), fd_(fd), told_(Napi::Persistent(told)), context_(env, "cupcheck:gpio") {
  handle_->watch = this;
  poll_.data = this;
}

std::shared_ptr<EdgeWatch::Handle> EdgeWatch::start(Napi::Env env, int fd, Napi::Function told, Status* status) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
    *status = refuse("INTERNAL", "this environment has no event loop");
    return nullptr;
  }
  auto* watch = new EdgeWatch(env, fd, told);
  if (const int failed = uv_poll_init(loop, &watch->poll_, fd); failed < 0) {
    delete watch;
    *status = gpio_fault("descriptor " + std::to_string(fd) + " cannot be watched", -failed);
    return nullptr;
  }
  uv_poll_start(&watch->poll_, UV_READABLE, [](uv_poll_t* poll, int poll_status, int) {
    static_cast<EdgeWatch*>(poll->data)->ready(poll_status);
  });
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle, void* watch) { static_cast<EdgeWatch*>(watch)->stop(); }, watch,
      &watch->cleanup_);
  return watch->handle_;
}

void EdgeWatch::stop() {
  if (handle_->watch == nullptr) return;
  handle_->watch = nullptr;
  uv_poll_stop(&poll_);
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), [](uv_handle_t* poll) {
    auto* watch = static_cast<EdgeWatch*>(poll->data);
    // The environment waits for this before it ends.
    napi_remove_async_cleanup_hook(watch->cleanup_);
    const Napi::HandleScope scope(watch->env_);
    delete watch;
  });
}

void EdgeWatch::ready(int poll_status) {
  const Napi::HandleScope scope(env_);
  std::vector<Edge> edges;
  // libuv tells of a descriptor that is in error, or hung up, by EBADF.
  Status status = poll_status < 0 ? gpio_fault("the line is gone", poll_status == UV_EBADF ? ENODEV : -poll_status)
                                  : read_all(fd_, &edges);
  if (!status.ok()) {
    uv_poll_stop(&poll_);
    tell(status_error(env_, status).Value(), env_.Null());
    return;
  }
  if (edges.empty()) return;
  Napi::Array told = Napi::Array::New(env_, edges.size());
  for (size_t i = 0; i < edges.size(); ++i) {
    Napi::Object edge = Napi::Object::New(env_);
    edge.Set("atNs", Napi::BigInt::New(env_, edges[i].at_ns));
    edge.Set("active", Napi::Boolean::New(env_, edges[i].active));
    edge.Set("seq", Napi::Number::New(env_, edges[i].seq));
    told.Set(static_cast<uint32_t>(i), edge);
  }
  tell(env_.Null(), told);
}

void EdgeWatch::tell(Napi::Value error, Napi::Value edges) {
  told_.MakeCallback(env_.Global(), {error, edges}, context_);
  if (env_.IsExceptionPending()) napi_fatal_exception(env_, env_.GetAndClearPendingException().Value());
}

}  // namespace cupcheck

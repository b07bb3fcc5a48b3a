#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>

#include "lines.h"

namespace cupcheck {

/**
 * Tells a JavaScript function of a line's edges as they come, from the event loop and with no thread of its own.
 * It owns itself from `start` on, and ends by `stop`, by a failed read, or with the environment. The descriptor stays the
 * caller's, who closes it after `stop`.
 */
class EdgeWatch {
 public:
  /** What outlives the watch, so that stopping twice is harmless. */
  struct Handle {
    EdgeWatch* watch = nullptr;
    void stop() {
      if (watch != nullptr) watch->stop();
    }
  };

  /** `told(error | null, edges)`. Null with `status` where the descriptor cannot be watched. */
  static std::shared_ptr<Handle> start(Napi::Env env, int fd, Napi::Function told, Status* status);

 private:
  EdgeWatch(Napi::Env env, int fd, Napi::Function told);

  void stop();
  void ready(int poll_status);
  void tell(Napi::Value error, Napi::Value edges);

  Napi::Env env_;
  int fd_;
  Napi::FunctionReference told_;
  Napi::AsyncContext context_;
  uv_poll_t poll_;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;
  std::shared_ptr<Handle> handle_ = std::make_shared<Handle>();
};

}  // namespace cupcheck

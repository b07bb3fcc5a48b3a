#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "../binding.h"

namespace cupcheck {
namespace {

/** lockFile(fd) → whether nobody else holds it */
Napi::Value lock_file(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int fd = arguments.descriptor();
  if (!arguments.status().ok()) return throw_status(info.Env(), arguments.status());
  int result;
  do {
    result = flock(fd, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0 || errno == EWOULDBLOCK) return Napi::Boolean::New(info.Env(), result == 0);
  const int error = errno;
  return throw_status(info.Env(), {"STORAGE_FAULT", std::string("the kernel gives no lock: ") + strerror(error), error});
}

}  // namespace

void export_files(Napi::Env env, Napi::Object exports) { exports.Set("lockFile", Napi::Function::New<lock_file>(env)); }

}  // namespace cupcheck

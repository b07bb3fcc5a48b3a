// cupcheck-engine-build: writes a network as this machine's TensorRT has prepared it, in a model that onnxruntime-node loads
// (docs/install-jetson.md). It ends with 0, with 1 where the network cannot be prepared, 2 for wrong arguments, 3 where this machine lacks
// the provider; what is wrong is the last line of the error stream.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "prepare.h"

using namespace cupcheck;

namespace {

int end_with(const Status& status) {
  std::fprintf(stderr, "%s\n", status.message.c_str());
  return std::strcmp(status.code, "USAGE") == 0 ? 2 : std::strcmp(status.code, "ENGINE_UNAVAILABLE") == 0 ? 3 : 1;
}

void tell_about(const Runtime& runtime) {
  std::printf("ONNX Runtime %s in %s, built for version %d of its interface; providers:", runtime.version().c_str(),
              runtime.folder().c_str(), ORT_API_VERSION);
  for (const std::string& name : runtime.providers()) std::printf(" %s", name.c_str());
  std::printf("\n");
}

}  // namespace

int main(int count, char** given) {
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  Arguments arguments;
  if (const Status status = read_arguments({given + 1, given + count}, &arguments); !status.ok()) return end_with(status);
  std::unique_ptr<Runtime> runtime;
  if (const Status status = Runtime::open(&runtime); !status.ok()) return end_with(status);
  if (arguments.about) {
    tell_about(*runtime);
    return 0;
  }
  const Status status = prepare(*runtime, arguments);
  return status.ok() ? 0 : end_with(status);
}

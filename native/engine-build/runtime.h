#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../status.h"

namespace cupcheck {

/** A tensor that a network takes or gives; an axis of -1 is left open. */
struct NetworkTensor {
  std::string name;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  std::vector<int64_t> axes;
};

struct NetworkTensors {
  std::vector<NetworkTensor> inputs;
  std::vector<NetworkTensor> outputs;
};

/** Hands what ONNX Runtime made back to it. */
template <typename T>
struct Release {
  void (*with)(T*);
  void operator()(T* made) const { with(made); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release<T>>;

using Options = Owned<OrtSessionOptions>;

/** ONNX Runtime's library, its telemetry off, and one environment of it. */
class Runtime {
 public:
  /** Errors: ENGINE_UNAVAILABLE where the library is older than the headers. */
  static Status open(std::unique_ptr<Runtime>* out);

  const OrtApi& api() const { return *api_; }
  /** "1.30.0" */
  std::string version() const;
  /** The folder that the library was loaded from; it looks for its providers there. */
  std::string folder() const;
  /** Names of the providers that it was built with. */
  std::vector<std::string> providers() const;

  /** One thread, and quiet but for errors. Errors: ENGINE_BUILD. */
  Status options(GraphOptimizationLevel level, Options* out) const;
  /** Loads a model by these options and lets go of it. @param tensors may be null. Errors: ENGINE_BUILD, with ONNX Runtime's words. */
  Status load(const std::string& model, const Options& options, NetworkTensors* tensors) const;
  /** What ONNX Runtime answered: nothing wrong, or ENGINE_BUILD with `what` and its words, on one line. */
  Status check(OrtStatus* answer, const std::string& what) const;

 private:
  Runtime(const OrtApi* api, OrtEnv* env) : api_(api), env_(env, {api->ReleaseEnv}) {}
  Status read_tensors(const OrtSession& session, bool inputs, std::vector<NetworkTensor>* out) const;

  const OrtApi* api_;
  Owned<OrtEnv> env_;
};

}  // namespace cupcheck

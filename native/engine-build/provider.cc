#include "provider.h"

#include <unistd.h>

#include <algorithm>

namespace cupcheck {
namespace {

/** Memory that TensorRT may take while it looks for kernels, in bytes: the station on the same board goes on. */
const char* const kWorkspace = "1073741824";
const char* const kToDo = "npm run setup:gpu builds one that has it (docs/install-jetson.md)";

Status set(const Runtime& runtime, const Options& options, const char* key, const std::string& value) {
  return runtime.check(runtime.api().AddSessionConfigEntry(options.get(), key, value.c_str()), key);
}

/** Appends TensorRT with these options; it reads the session's ep.context_* as it is appended. */
Status append_tensorrt(const Runtime& runtime, const Options& options, const std::vector<const char*>& keys,
                       const std::vector<const char*>& values) {
  const OrtApi& api = runtime.api();
  const std::string what = "ONNX Runtime " + runtime.version() + " cannot use TensorRT";
  OrtTensorRTProviderOptionsV2* made = nullptr;
  Status status = runtime.check(api.CreateTensorRTProviderOptions(&made), what);
  const Owned<OrtTensorRTProviderOptionsV2> tensorrt(made, {api.ReleaseTensorRTProviderOptions});
  if (status.ok() && !keys.empty())
    status = runtime.check(api.UpdateTensorRTProviderOptions(made, keys.data(), values.data(), keys.size()), what);
  if (status.ok())
    status = runtime.check(api.SessionOptionsAppendExecutionProvider_TensorRT_V2(options.get(), made), what);
  if (!status.ok()) status.code = "ENGINE_UNAVAILABLE";
  return status;
}

}  // namespace

Status look_for(Provider provider, const Runtime& runtime) {
  if (provider == Provider::kCpu) return {};
  const std::vector<std::string> held = runtime.providers();
  const std::string which = "this ONNX Runtime (" + runtime.version() + ", in " + runtime.folder() + ") has no TensorRT";
  if (std::find(held.begin(), held.end(), "TensorrtExecutionProvider") == held.end()) {
    std::string names;
    for (const std::string& name : held) names += (names.empty() ? "" : ", ") + name;
    return refuse("ENGINE_UNAVAILABLE", which + ": it was built with " + names + " alone; " + kToDo);
  }
  // TensorRT's asks CUDA's for its memory.
  for (const char* part : {"shared", "cuda", "tensorrt"}) {
    const std::string library = "libonnxruntime_providers_" + std::string(part) + ".so";
    if (access((runtime.folder() + "/" + library).c_str(), R_OK) != 0)
      return refuse("ENGINE_UNAVAILABLE", which + ": " + library + " is not there; " + kToDo);
  }
  return {};
}

Status options_to_write(const Runtime& runtime, const Arguments& arguments, bool open, const std::string& model, Options* out) {
  if (Status status = runtime.options(ORT_ENABLE_ALL, out); !status.ok()) return status;
  if (arguments.provider == Provider::kCpu)
    return runtime.check(runtime.api().SetOptimizedModelFilePath(out->get(), model.c_str()), "where to write");
  const std::pair<const char*, std::string> entries[] = {
      {"ep.context_enable", "1"},
      {"ep.context_file_path", model},
      // One file, which Node loads from memory.
      {"ep.context_embed_mode", "1"},
      // What is left to the processor would not be in the engine.
      {"session.disable_cpu_ep_fallback", "1"},
  };
  for (const auto& [key, value] : entries)
    if (Status status = set(runtime, *out, key, value); !status.ok()) return status;
  std::vector<const char*> keys = {"trt_fp16_enable", "trt_max_workspace_size", "trt_engine_hw_compatible"};
  std::vector<const char*> values = {arguments.half ? "1" : "0", kWorkspace, "0"};
  if (open) {
    // With them the engine is built as the session is made, not at its first run.
    for (const char* key : {"trt_profile_min_shapes", "trt_profile_opt_shapes", "trt_profile_max_shapes"}) keys.push_back(key);
    for (const InputSize* size : {&arguments.least, &arguments.most, &arguments.most}) values.push_back(size->text.c_str());
  }
  return append_tensorrt(runtime, *out, keys, values);
}

Status options_to_load(const Runtime& runtime, Provider provider, Options* out) {
  if (Status status = runtime.options(ORT_DISABLE_ALL, out); !status.ok()) return status;
  return provider == Provider::kCpu ? Status{} : append_tensorrt(runtime, *out, {}, {});
}

}  // namespace cupcheck

#include "runtime.h"

#include <dlfcn.h>

namespace cupcheck {
namespace {

constexpr size_t kLongestWords = 1500;

std::string one_line(std::string words) {
  for (char& each : words)
    if (each == '\n' || each == '\r' || each == '\t') each = ' ';
  if (words.size() > kLongestWords) words = words.substr(0, kLongestWords) + "…";
  return words;
}

}  // namespace

Status Runtime::open(std::unique_ptr<Runtime>* out) {
  const OrtApiBase* base = OrtGetApiBase();
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr)
    return refuse("ENGINE_UNAVAILABLE", "this program was built for version " + std::to_string(ORT_API_VERSION) +
                                            " of ONNX Runtime's interface, and the library is " + base->GetVersionString() +
                                            ": build both again, npm run setup:gpu");
  OrtEnv* env = nullptr;
  if (OrtStatus* failed = api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "engine-build", &env); failed != nullptr) {
    const std::string why = api->GetErrorMessage(failed);
    api->ReleaseStatus(failed);
    return refuse("ENGINE_UNAVAILABLE", "ONNX Runtime does not start: " + one_line(why));
  }
  out->reset(new Runtime(api, env));
  return (*out)->check(api->DisableTelemetryEvents(env), "its telemetry cannot be turned off");
}

std::string Runtime::version() const { return OrtGetApiBase()->GetVersionString(); }

std::string Runtime::folder() const {
  Dl_info info = {};
  if (dladdr(reinterpret_cast<void*>(&OrtGetApiBase), &info) == 0 || info.dli_fname == nullptr) return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::vector<std::string> Runtime::providers() const {
  char** names = nullptr;
  int count = 0;
  if (!check(api_->GetAvailableProviders(&names, &count), "").ok()) return {};
  std::vector<std::string> out(names, names + count);
  // It cannot fail, says its documentation.
  (void)check(api_->ReleaseAvailableProviders(names, count), "");
  return out;
}

Status Runtime::check(OrtStatus* answer, const std::string& what) const {
  if (answer == nullptr) return {};
  const std::string why = api_->GetErrorMessage(answer);
  api_->ReleaseStatus(answer);
  return refuse("ENGINE_BUILD", what + ": " + one_line(why));
}

Status Runtime::options(GraphOptimizationLevel level, Options* out) const {
  OrtSessionOptions* made = nullptr;
  if (Status status = check(api_->CreateSessionOptions(&made), "no options for a session"); !status.ok()) return status;
  *out = Options(made, {api_->ReleaseSessionOptions});
  if (Status status = check(api_->SetIntraOpNumThreads(made, 1), "one thread"); !status.ok()) return status;
  return check(api_->SetSessionGraphOptimizationLevel(made, level), "the level of optimisation");
}

Status Runtime::load(const std::string& model, const Options& options, NetworkTensors* tensors) const {
  OrtSession* made = nullptr;
  if (Status status = check(api_->CreateSession(env_.get(), model.c_str(), options.get(), &made), model); !status.ok())
    return status;
  const Owned<OrtSession> session(made, {api_->ReleaseSession});
  if (tensors == nullptr) return {};
  if (Status status = read_tensors(*session, true, &tensors->inputs); !status.ok()) return status;
  return read_tensors(*session, false, &tensors->outputs);
}

Status Runtime::read_tensors(const OrtSession& session, bool inputs, std::vector<NetworkTensor>* out) const {
  const std::string what = inputs ? "an input cannot be asked" : "an output cannot be asked";
  OrtAllocator* allocator = nullptr;
  if (Status status = check(api_->GetAllocatorWithDefaultOptions(&allocator), what); !status.ok()) return status;
  size_t count = 0;
  if (Status status = check((inputs ? api_->SessionGetInputCount : api_->SessionGetOutputCount)(&session, &count), what); !status.ok())
    return status;
  out->clear();
  for (size_t at = 0; at < count; ++at) {
    NetworkTensor tensor;
    char* name = nullptr;
    if (Status status = check((inputs ? api_->SessionGetInputName : api_->SessionGetOutputName)(&session, at, allocator, &name), what);
        !status.ok())
      return status;
    tensor.name = name;
    if (Status status = check(api_->AllocatorFree(allocator, name), what); !status.ok()) return status;
    OrtTypeInfo* made = nullptr;
    if (Status status = check((inputs ? api_->SessionGetInputTypeInfo : api_->SessionGetOutputTypeInfo)(&session, at, &made), what);
        !status.ok())
      return status;
    const Owned<OrtTypeInfo> type(made, {api_->ReleaseTypeInfo});
    const OrtTensorTypeAndShapeInfo* shape = nullptr;
    if (Status status = check(api_->CastTypeInfoToTensorInfo(type.get(), &shape), what); !status.ok()) return status;
    if (shape != nullptr) {
      size_t rank = 0;
      if (Status status = check(api_->GetTensorElementType(shape, &tensor.type), what); !status.ok()) return status;
      if (Status status = check(api_->GetDimensionsCount(shape, &rank), what); !status.ok()) return status;
      tensor.axes.resize(rank);
      if (Status status = check(api_->GetDimensions(shape, tensor.axes.data(), rank), what); !status.ok()) return status;
    }
    out->push_back(std::move(tensor));
  }
  return {};
}

}  // namespace cupcheck

#include "prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "fresh-folder.h"
#include "provider.h"

namespace cupcheck {
namespace {

/** The most that an ONNX file can hold. */
constexpr off_t kLargestModel = 2147483647;

Status look_at_source(const std::string& source) {
  struct stat found = {};
  if (stat(source.c_str(), &found) != 0)
    return refuse("ENGINE_BUILD", "the network " + source + " cannot be read: " + std::strerror(errno) + "; give the path of an ONNX file");
  if (!S_ISREG(found.st_mode) || found.st_size == 0 || found.st_size > kLargestModel)
    return refuse("ENGINE_BUILD", "the network " + source + " is not a file of 1 to " + std::to_string(kLargestModel) +
                                      " bytes; give the path of an ONNX file");
  return {};
}

/** Whether the sizes are those of the network's input. @param open set to whether any axis is left open */
Status fit_sizes(const NetworkTensors& network, const Arguments& arguments, bool* open) {
  const InputSize& least = arguments.least;
  std::string there;
  for (const NetworkTensor& input : network.inputs) there += (there.empty() ? "" : ", ") + input.name;
  if (network.inputs.size() != 1 || network.inputs[0].name != least.name)
    return refuse("ENGINE_BUILD", "the network takes " + there + ", and sizes of " + least.name + " were given: it has to be its only input");
  const std::vector<int64_t>& axes = network.inputs[0].axes;
  bool fit = axes.size() == least.axes.size();
  for (size_t at = 0; fit && at < axes.size(); ++at)
    fit = axes[at] < 0 || (axes[at] == least.axes[at] && axes[at] == arguments.most.axes[at]);
  std::string own;
  for (const int64_t axis : axes) own += (own.empty() ? "" : "x") + (axis < 0 ? "N" : std::to_string(axis));
  if (!fit)
    return refuse("ENGINE_BUILD", least.text + " and " + arguments.most.text + " do not fit the network, whose input is " + least.name + ":" + own);
  *open = std::any_of(axes.begin(), axes.end(), [](int64_t axis) { return axis < 0; });
  return {};
}

/** Names and types, in the order of the names: an engine may have another order. */
std::vector<std::string> names_of(const std::vector<NetworkTensor>& tensors) {
  std::vector<std::string> out;
  for (const NetworkTensor& tensor : tensors) out.push_back(tensor.name + " (type " + std::to_string(tensor.type) + ")");
  std::sort(out.begin(), out.end());
  return out;
}

Status holds_engine(const std::string& model) {
  const int fd = open(model.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat found = {};
  void* bytes = fd >= 0 && fstat(fd, &found) == 0 && found.st_size > 0
                    ? mmap(nullptr, static_cast<size_t>(found.st_size), PROT_READ, MAP_PRIVATE, fd, 0)
                    : MAP_FAILED;
  if (fd >= 0) close(fd);
  if (bytes == MAP_FAILED)
    return refuse("ENGINE_BUILD", "TensorRT took the network and wrote no engine; is the disk full? The log above may tell more");
  const bool holds = memmem(bytes, static_cast<size_t>(found.st_size), "EPContext", 9) != nullptr;
  munmap(bytes, static_cast<size_t>(found.st_size));
  return holds ? Status{} : refuse("ENGINE_BUILD", "what TensorRT wrote holds no engine (no EPContext node)");
}

Status look_at_written(const Runtime& runtime, Provider provider, const NetworkTensors& network, const std::string& model) {
  if (provider == Provider::kTensorRt)
    if (Status status = holds_engine(model); !status.ok()) return status;
  Options options(nullptr, {runtime.api().ReleaseSessionOptions});
  if (Status status = options_to_load(runtime, provider, &options); !status.ok()) return status;
  NetworkTensors written;
  if (Status status = runtime.load(model, options, &written); !status.ok()) {
    status.message = "what was written does not load: " + status.message;
    return status;
  }
  if (names_of(written.inputs) == names_of(network.inputs) && names_of(written.outputs) == names_of(network.outputs)) return {};
  return refuse("ENGINE_BUILD", "what was written is not the whole network: it has other inputs or outputs");
}

}  // namespace

Status prepare(const Runtime& runtime, const Arguments& arguments) {
  if (Status status = look_at_source(arguments.source); !status.ok()) return status;
  if (Status status = look_for(arguments.provider, runtime); !status.ok()) return status;
  Options plain(nullptr, {runtime.api().ReleaseSessionOptions});
  if (Status status = runtime.options(ORT_DISABLE_ALL, &plain); !status.ok()) return status;
  NetworkTensors network;
  if (Status status = runtime.load(arguments.source, plain, &network); !status.ok()) {
    status.message = "not an ONNX model that can be run: " + status.message;
    return status;
  }
  bool open = false;
  if (Status status = fit_sizes(network, arguments, &open); !status.ok()) return status;
  std::unique_ptr<FreshFolder> fresh;
  if (Status status = FreshFolder::beside(arguments.target, &fresh); !status.ok()) return status;
  Options options(nullptr, {runtime.api().ReleaseSessionOptions});
  if (Status status = options_to_write(runtime, arguments, open, fresh->model(), &options); !status.ok()) return status;
  if (Status status = runtime.load(arguments.source, options, nullptr); !status.ok()) {
    status.message = "the network cannot be prepared: " + status.message;
    return status;
  }
  if (Status status = look_at_written(runtime, arguments.provider, network, fresh->model()); !status.ok()) return status;
  return fresh->move_to(arguments.target);
}

}  // namespace cupcheck

#pragma once

#include "arguments.h"
#include "runtime.h"

namespace cupcheck {

/**
 * Prepares a network for a provider of this machine: writes a model to the target that ONNX Runtime loads in its place. What was written is
 * loaded again first, as the station does, and has to have the network's inputs and outputs. The target is whole or as it was.
 * Errors: ENGINE_BUILD; ENGINE_UNAVAILABLE where the provider is not to be had here.
 */
Status prepare(const Runtime& runtime, const Arguments& arguments);

}  // namespace cupcheck

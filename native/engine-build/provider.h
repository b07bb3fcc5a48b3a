#pragma once

#include <string>

#include "arguments.h"
#include "runtime.h"

namespace cupcheck {

/** Whether this ONNX Runtime holds the provider, its own library included. Errors: ENGINE_UNAVAILABLE, with what to do. */
Status look_for(Provider provider, const Runtime& runtime);

/**
 * Options of a session that writes the prepared network to `model` as it is made: on TensorRT with its engine inside, on the CPU as ONNX
 * Runtime has optimised it.
 * @param open whether the input has axes that are left open
 * Errors: ENGINE_BUILD; ENGINE_UNAVAILABLE where the provider cannot be loaded.
 */
Status options_to_write(const Runtime& runtime, const Arguments& arguments, bool open, const std::string& model, Options* out);

/** Options of a session that loads what was written, as the station does. Errors: as `options_to_write`. */
Status options_to_load(const Runtime& runtime, Provider provider, Options* out);

}  // namespace cupcheck

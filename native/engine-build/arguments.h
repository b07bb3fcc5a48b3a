#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../status.h"

namespace cupcheck {

enum class Provider { kTensorRt, kCpu };

/** The size of an input: `crops:1x3x160x160`. */
struct InputSize {
  std::string name;
  std::vector<int64_t> axes;
  /** As it was given. */
  std::string text;
};

struct Arguments {
  /** Asks what the program was built with; the rest is empty then. */
  bool about = false;
  Provider provider = Provider::kTensorRt;
  std::string source;
  std::string target;
  bool half = false;
  /** Of one input, of the same rank, no axis of `least` larger than that of `most`. */
  InputSize least;
  InputSize most;
};

extern const char* const kUsage;

/** @param given without the program's name. Errors: USAGE. */
Status read_arguments(const std::vector<std::string>& given, Arguments* out);

}  // namespace cupcheck

#pragma once

#include <string>
#include <utility>

namespace cupcheck {

/** What a kernel answers: nothing wrong, or one of the codes of src/errors.ts with what failed and with what value. */
struct Status {
  const char* code = nullptr;
  std::string message;
  int os_error = 0;

  bool ok() const { return code == nullptr; }
};

inline Status refuse(const char* code, std::string message) { return {code, std::move(message), 0}; }

}  // namespace cupcheck

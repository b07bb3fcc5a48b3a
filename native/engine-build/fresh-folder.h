#pragma once

#include <memory>
#include <string>

#include "../status.h"

namespace cupcheck {

/** A folder beside a target, in which a model is written; it goes with this object, and with all that is in it. */
class FreshFolder {
 public:
  /** Errors: ENGINE_BUILD where nothing may be written there. */
  static Status beside(const std::string& target, std::unique_ptr<FreshFolder>* out);
  ~FreshFolder();
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;

  /** Where to write; nothing is there yet. It ends as ONNX Runtime wants it. */
  std::string model() const { return path_ + "/model.onnx"; }
  /** Puts the model at the target by one rename; what was there goes. Errors: ENGINE_BUILD. */
  Status move_to(const std::string& target) const;

 private:
  explicit FreshFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace cupcheck

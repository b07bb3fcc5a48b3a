#include "fresh-folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace cupcheck {

Status FreshFolder::beside(const std::string& target, std::unique_ptr<FreshFolder>* out) {
  std::string path = target + ".XXXXXX";
  if (mkdtemp(path.data()) == nullptr)
    return refuse("ENGINE_BUILD", "nothing can be written beside " + target + ": " + std::strerror(errno) +
                                      "; give a target in a folder that is there and that this user may write");
  out->reset(new FreshFolder(path));
  return {};
}

FreshFolder::~FreshFolder() {
  if (DIR* folder = opendir(path_.c_str()); folder != nullptr) {
    while (const dirent* entry = readdir(folder)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
  }
  rmdir(path_.c_str());
}

Status FreshFolder::move_to(const std::string& target) const {
  if (std::rename(model().c_str(), target.c_str()) == 0) return {};
  return refuse("ENGINE_BUILD", "the model cannot be put at " + target + ": " + std::strerror(errno) + "; give another target");
}

}  // namespace cupcheck

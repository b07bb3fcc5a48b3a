#include "rims.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace cupcheck {

Status find_rims(const PixelView& picture, const std::vector<Circle>& detected, std::vector<Rim>* out) {
  const size_t count = detected.size();
  out->assign(count, {});
  std::vector<Status> statuses(count);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    // An item takes as long as its edges are many: whoever is done takes the next.
    for (size_t i = next++; i < count; i = next++) statuses[i] = find_rim(picture, detected[i], &(*out)[i]);
  };
  const size_t threads = std::min<size_t>(count, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  const auto refused = std::find_if(statuses.begin(), statuses.end(), [](const Status& status) { return !status.ok(); });
  return refused == statuses.end() ? Status{} : *refused;
}

}  // namespace cupcheck

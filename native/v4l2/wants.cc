#include "wants.h"

namespace cupcheck::v4l2 {

uint64_t Wants::add(int64_t after_ns, uint32_t slot) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Want& want : table_) {
    if (want.state != State::kFree) continue;
    want.state = State::kWaiting;
    want.number = ++last_number_;
    want.after_ns = after_ns;
    want.slot = slot;
    return want.number;
  }
  return 0;
}

bool Wants::give_up(uint64_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Want* want = find(number);
  if (want == nullptr || want->state != State::kWaiting) return false;
  want->state = State::kFree;
  return true;
}

bool Wants::take(Delivery* out) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Want* first = nullptr;
  for (Want& want : table_)
    if (want.state == State::kAnswered && (first == nullptr || want.number < first->number)) first = &want;
  if (first == nullptr) return false;
  *out = std::move(first->answer);
  first->answer = {};
  first->state = State::kFree;
  return true;
}

bool Wants::begin(int64_t stamp_ns, uint64_t* number, uint32_t* slot) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Want* longest = nullptr;
  for (Want& want : table_)
    if (want.state == State::kWaiting && want.after_ns < stamp_ns && (longest == nullptr || want.number < longest->number))
      longest = &want;
  if (longest == nullptr) return false;
  longest->state = State::kFilling;
  *number = longest->number;
  *slot = longest->slot;
  return true;
}

void Wants::finish(const Delivery& delivery) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Want* want = find(delivery.want);
  if (want == nullptr) return;
  want->answer = delivery;
  want->state = State::kAnswered;
}

bool Wants::fail_all(const Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  bool any = false;
  for (Want& want : table_) {
    if (want.state != State::kWaiting) continue;
    want.answer = {};
    want.answer.want = want.number;
    want.answer.slot = want.slot;
    want.answer.status = status;
    want.state = State::kAnswered;
    any = true;
  }
  return any;
}

Wants::Want* Wants::find(uint64_t number) {
  for (Want& want : table_)
    if (want.state != State::kFree && want.number == number) return &want;
  return nullptr;
}

}  // namespace cupcheck::v4l2

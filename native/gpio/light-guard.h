#pragma once

#include "calls.h"

namespace cupcheck {

/** Why the guard has ended, and its exit code. */
enum class GuardEnd {
  /** The other end closed, by whatever end its process met. */
  kClosed = 0,
  /** Nothing was heard for too long while the lines were lit. */
  kSilent = 3,
  /** The lines could not be driven dark. */
  kLost = 4,
};

/** What the guard is told, a byte each. */
constexpr char kLit = 'l';
constexpr char kDark = 'd';

/**
 * Shares the output lines with the light process and drives them dark when that does not: it waits on `words` and, while
 * the last word is `l`, for no longer than `patience_ms`. Returns when the lines are dark for good.
 */
GuardEnd guard_light(const GpioCalls& calls, int lines, int count, int words, int patience_ms);

}  // namespace cupcheck

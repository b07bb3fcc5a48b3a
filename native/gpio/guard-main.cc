// light-guard COUNT PATIENCE_MS: guards the output lines at descriptor 3 for the light process, which talks to it on
// descriptor 0. It ends with that process, however that ends, and not by signals that are meant for both.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "light-guard.h"
#include "lines.h"

using namespace cupcheck;

int main(int argument_count, char** arguments) {
  const int count = argument_count == 3 ? std::atoi(arguments[1]) : 0;
  const int patience_ms = argument_count == 3 ? std::atoi(arguments[2]) : 0;
  if (count < 1 || count > kMaxLines || patience_ms < 1) {
    std::fprintf(stderr, "usage: light-guard COUNT PATIENCE_MS, with the lines at descriptor 3\n");
    return 2;
  }
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(signal_number, SIG_IGN);
  const GuardEnd end = guard_light(kernel_gpio(), 3, count, STDIN_FILENO, patience_ms);
  if (end == GuardEnd::kSilent) std::fprintf(stderr, "light: nothing was heard of the light process for %d ms; its guard drove the lines dark\n", patience_ms);
  if (end == GuardEnd::kLost) std::fprintf(stderr, "light: the lines could not be driven dark by their guard\n");
  return static_cast<int>(end);
}

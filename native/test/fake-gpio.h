#pragma once

#include <linux/gpio.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../gpio/calls.h"

namespace cupcheck::test {

struct FakeLine {
  std::string name;
  std::string consumer;
  bool used = false;
  /** What is on the wire, as a volt meter sees it. */
  bool high = false;
};

struct FakeChip {
  std::string path;
  std::string name;
  std::string label;
  std::vector<FakeLine> lines;
  /** 0, or the errno of every call. */
  int open_fails = 0;
  int info_fails = 0;
  int request_fails = 0;
};

/** GPIO chips in memory that answer as the kernel does, and fail when told to. */
class FakeGpio {
 public:
  std::vector<FakeChip> chips;
  /** The errno of every call for values; 0: as they should be. */
  int values_fail = 0;
  /** What a read returns, where it does not do as it should. */
  std::optional<long> read_gives;
  /** Every request as it came. */
  std::vector<gpio_v2_line_request> requests;

  GpioCalls calls();
  /** Descriptors that were not closed. */
  size_t open_descriptors() const { return descriptors_.size(); }
  /** Puts an edge into the queue of a line's request. */
  void edge(int fd, uint64_t at_ns, uint32_t id, uint32_t seq);

 private:
  struct Descriptor {
    size_t chip;
    /** Empty: the chip itself. */
    std::vector<uint32_t> offsets;
    uint64_t active_low = 0;
    std::deque<gpio_v2_line_event> events;
  };

  int open(const char* path);
  void close(int fd);
  int control(int fd, unsigned long request, void* argument);
  long read(int fd, void* into, size_t bytes);
  int request_lines(size_t chip, gpio_v2_line_request* request);
  int values(Descriptor& lines, gpio_v2_line_values* values, bool set);

  std::map<int, Descriptor> descriptors_;
  int next_fd_ = 1000;
};

}  // namespace cupcheck::test

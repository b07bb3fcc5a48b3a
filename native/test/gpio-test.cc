#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "../gpio/find-line.h"
#include "../gpio/light-guard.h"
#include "../gpio/lines.h"
#include "fake-gpio.h"
#include "harness.h"

namespace cupcheck::test {
namespace {

FakeGpio board() {
  FakeGpio gpio;
  gpio.chips = {{"/dev/gpiochip0", "gpiochip0", "soc-gpio", {{"", "", false, false}, {"SENSOR", "", false, false}, {"twice", "", false, false}, {"twice", "", false, false}}},
                {"/dev/gpiochip1", "gpiochip1", "expander", {{"GREEN", "", false, true}, {"AMBER", "", false, true}, {"TAKEN", "somebody", true, false}}},
                {"/dev/gpiochip2", "gpiochip2", "expander", {{"X", "", false, false}}}};
  return gpio;
}

bool says(const Status& status, const char* text) { return status.message.find(text) != std::string::npos; }

void test_find() {
  FakeGpio gpio = board();
  const GpioCalls calls = gpio.calls();
  GpioLine line;
  for (const char* chip : {"soc-gpio", "gpiochip0", "/dev/gpiochip0"}) {
    expect_code(find_line(calls, chip, "SENSOR", &line), nullptr, "a chip is found by label, name and path");
    expect(line.offset == 1 && line.path == "/dev/gpiochip0" && line.label == "soc-gpio" && line.name == "SENSOR", "with its line");
  }
  expect_code(find_line(calls, "soc-gpio", "0", &line), nullptr, "a line is found by offset");
  expect(line.offset == 0 && line.name.empty() && !line.used, "a line without a name");
  expect_code(find_line(calls, "gpiochip1", "TAKEN", &line), nullptr, "a taken line is found");
  expect(line.used && line.consumer == "somebody", "with who has it");

  Status status = find_line(calls, "nowhere", "0", &line);
  expect_code(status, "GPIO_FAULT", "no such chip");
  expect(says(status, "gpiochip0 [soc-gpio], gpiochip1 [expander]"), "the chips that there are");
  status = find_line(calls, "expander", "0", &line);
  expect_code(status, "GPIO_FAULT", "a label of two chips");
  expect(says(status, "2 GPIO chips"), "is refused as such");
  expect_code(find_line(calls, "soc-gpio", "twice", &line), "GPIO_FAULT", "a name of two lines");
  expect_code(find_line(calls, "soc-gpio", "sensor", &line), "GPIO_FAULT", "names keep their case");
  status = find_line(calls, "soc-gpio", "4", &line);
  expect_code(status, "GPIO_FAULT", "no such offset");
  expect(says(status, "offsets 0 to 3"), "says what there is");
  expect_code(find_line(calls, "soc-gpio", "99999999999999999999", &line), "GPIO_FAULT", "no number is too long");

  gpio.chips[1].open_fails = EACCES;
  status = find_line(calls, "nowhere", "0", &line);
  expect(says(status, "gpiochip1 cannot be opened") && status.os_error == EACCES, "a chip that may not be opened could be the one");
  expect_code(find_line(calls, "soc-gpio", "SENSOR", &line), nullptr, "and hinders no other");
  gpio.chips[0].info_fails = ENOTTY;
  status = find_line(calls, "soc-gpio", "SENSOR", &line);
  expect(says(status, "Linux 5.10"), "an old kernel is told");
  gpio.chips.clear();
  expect(says(find_line(calls, "soc-gpio", "0", &line), "there is none"), "a machine without chips");
  expect(gpio.open_descriptors() == 0, "every chip that was opened is closed");
}

void test_input() {
  FakeGpio gpio = board();
  const GpioCalls calls = gpio.calls();
  int fd = -1;
  expect_code(request_input(calls, {"/dev/gpiochip0", 1, true, GpioBias::kPullUp, 5000}, &fd), nullptr, "an input");
  const gpio_v2_line_request& asked = gpio.requests.back();
  expect(asked.num_lines == 1 && asked.offsets[0] == 1 && std::string(asked.consumer) == "cupcheck", "of the line, under our name");
  expect(asked.config.flags == (GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING |
                                GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_ACTIVE_LOW),
         "with both edges on CLOCK_MONOTONIC, its bias and its sense");
  expect(asked.config.num_attrs == 1 && asked.config.attrs[0].attr.id == GPIO_V2_LINE_ATTR_ID_DEBOUNCE &&
             asked.config.attrs[0].attr.debounce_period_us == 5000 && asked.config.attrs[0].mask == 1,
         "and the kernel's debounce");
  uint32_t bits = 0;
  expect_code(read_lines(calls, fd, 1, &bits), nullptr, "its level is read");
  expect(bits == 1, "low is active");

  std::vector<Edge> edges;
  expect_code(read_edges(calls, fd, &edges), nullptr, "no edges");
  expect(edges.empty(), "are none");
  for (uint32_t seq = 1; seq <= 70; ++seq) gpio.edge(fd, 1000 + seq, seq % 2 == 1 ? 1 : 2, seq);
  expect_code(read_edges(calls, fd, &edges), nullptr, "edges are read");
  expect(edges.size() == 64 && edges[0].active && !edges[1].active && edges[0].at_ns == 1001 && edges[63].seq == 64, "in order, with stamp and number");
  expect_code(read_edges(calls, fd, &edges), nullptr, "and the rest");
  expect(edges.size() == 6 && edges[5].seq == 70, "after them");
  gpio.edge(fd, 1, 7, 71);
  expect_code(read_edges(calls, fd, &edges), "GPIO_FAULT", "an unknown edge is no edge");
  gpio.read_gives = -ENODEV;
  Status status = read_edges(calls, fd, &edges);
  expect_code(status, "GPIO_FAULT", "a chip that was removed");
  expect(status.os_error == ENODEV, "with the kernel's number");
  for (const long odd : {0L, 17L}) {
    gpio.read_gives = odd;
    expect_code(read_edges(calls, fd, &edges), "GPIO_FAULT", "half an edge is none");
  }
  gpio.values_fail = ENODEV;
  expect_code(read_lines(calls, fd, 1, &bits), "GPIO_FAULT", "its level cannot be read either");

  expect_code(request_input(calls, {"/dev/gpiochip1", 2, false, GpioBias::kAsIs, 0}, &fd), "GPIO_FAULT", "a line of somebody else");
  expect_code(request_input(calls, {"/dev/gpiochip9", 0, false, GpioBias::kAsIs, 0}, &fd), "GPIO_FAULT", "a chip that is not there");
}

void test_outputs() {
  FakeGpio gpio = board();
  const GpioCalls calls = gpio.calls();
  const auto high = [&](int line) { return gpio.chips[1].lines[line].high; };
  int fd = -1;
  expect_code(request_outputs(calls, {"/dev/gpiochip1", {0, 1}, 0b10, GpioDrive::kOpenDrain}, &fd), nullptr, "two outputs");
  expect(gpio.requests.back().config.flags == (GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_OPEN_DRAIN), "driven as wished");
  expect(!high(0) && high(1), "inactive from the first moment on, whatever they were before");
  expect_code(drive_lines(calls, fd, 2, 0b11), nullptr, "driven");
  expect(high(0) && !high(1), "both at once, the second one low");
  uint32_t bits = 0;
  expect_code(read_lines(calls, fd, 2, &bits), nullptr, "read back");
  expect(bits == 0b11, "as driven");
  expect_code(drive_lines(calls, fd, 2, 0), nullptr, "dark");
  expect(!high(0) && high(1), "both");
  gpio.values_fail = ENODEV;
  expect_code(drive_lines(calls, fd, 2, 1), "GPIO_FAULT", "lines that are gone");
  gpio.chips[1].request_fails = EBUSY;
  const Status status = request_outputs(calls, {"/dev/gpiochip1", {0, 1}, 0, GpioDrive::kPushPull}, &fd);
  expect(says(status, "line 0, 1 of /dev/gpiochip1") && status.os_error == EBUSY, "lines that somebody has");
}

/** A guard in a thread, and the end at which the light process talks to it. */
struct Guarded {
  FakeGpio gpio = board();
  int lines = -1;
  int talk = -1;
  GuardEnd end = GuardEnd::kClosed;
  std::thread guard;

  explicit Guarded(int patience_ms) {
    int ends[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "a socket pair");
    talk = ends[0];
    expect_code(request_outputs(gpio.calls(), {"/dev/gpiochip1", {0, 1}, 0, GpioDrive::kPushPull}, &lines), nullptr, "the lines");
    expect_code(drive_lines(gpio.calls(), lines, 2, 1), nullptr, "green");
    guard = std::thread([this, heard = ends[1], patience_ms] {
      end = guard_light(gpio.calls(), lines, 2, heard, patience_ms);
      close(heard);
    });
  }
  void say(char word) { expect(write(talk, &word, 1) == 1, "a word"); }
  bool green() const { return gpio.chips[1].lines[0].high; }
};

void test_guard() {
  {
    Guarded closed(60000);
    closed.say(kLit);
    close(closed.talk);
    closed.guard.join();
    expect(!closed.green() && closed.end == GuardEnd::kClosed, "a light process that is gone leaves no green");
  }
  {
    Guarded silent(30);
    silent.say(kLit);
    silent.guard.join();
    expect(!silent.green() && silent.end == GuardEnd::kSilent, "a light process that stands still leaves no green");
    close(silent.talk);
  }
  {
    Guarded dark(1);
    dark.say(kDark);
    usleep(20000);
    close(dark.talk);
    dark.guard.join();
    expect(dark.end == GuardEnd::kClosed, "dark lines need no word");
  }
  {
    Guarded lost(60000);
    lost.gpio.values_fail = ENODEV;
    close(lost.talk);
    lost.guard.join();
    expect(lost.end == GuardEnd::kLost, "a guard that cannot darken says so");
  }
}

}  // namespace

void test_gpio() {
  test_find();
  test_input();
  test_outputs();
  test_guard();
}

}  // namespace cupcheck::test

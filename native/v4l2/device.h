#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../pixels.h"
#include "../status.h"
#include "formats.h"
#include "kernel.h"

namespace cupcheck::v4l2 {

/** What failed, as one of our errors: CAMERA_GONE where there is no such device (any more), CAMERA_SETUP otherwise. */
Status device_error(const std::string& what, int error);

/** An open device; closes itself. */
class Device {
 public:
  explicit Device(Kernel& kernel) : kernel_(kernel) {}
  ~Device() { close(); }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /** A single-planar capture device that streams. Errors: CAMERA_GONE, CAMERA_SETUP. */
  Status open(const std::string& path);
  void close();

  /** 0 or -errno. */
  int ask(unsigned long request, void* argument) { return kernel_.ioctl(fd_, request, argument); }

  Kernel& kernel() const { return kernel_; }
  int fd() const { return fd_; }
  const std::string& path() const { return path_; }
  const std::string& driver() const { return driver_; }
  const std::string& card() const { return card_; }
  const std::string& bus() const { return bus_; }

 private:
  Kernel& kernel_;
  int fd_ = -1;
  std::string path_, driver_, card_, bus_;
};

/** A way to stream that a device names. */
struct Mode {
  uint32_t fourcc = 0;
  /** Pixels; the largest where the device takes a range. */
  int width = 0;
  int height = 0;
  /** Frames a second, the fastest first; empty where the device does not say. */
  std::vector<double> rates;
};

/** Formats, sizes and rates of the device. At most 512: a driver's list has no end by itself. */
std::vector<Mode> list_modes(Device& device);

/**
 * Sets format, size and rate, and reads back what the driver took; a difference is an error.
 * `rate` becomes what the driver says, 0 where it has no rate to set.
 * Errors: CAMERA_SETUP (with what was asked and what was given), CAMERA_GONE.
 */
Status set_format(Device& device, Source source, int width, int height, FrameFormat* out);
Status set_rate(Device& device, double wanted, double* rate);

}  // namespace cupcheck::v4l2

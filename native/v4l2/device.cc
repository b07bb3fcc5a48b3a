#include "device.h"

#include <errno.h>
#include <linux/videodev2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace cupcheck::v4l2 {
namespace {

constexpr size_t kMaxModes = 512;
/** UVC cameras name 30 frames a second as 333333 / 10000000 s. */
constexpr double kRateTolerance = 0.01;

template <size_t N>
std::string text_of(const uint8_t (&bytes)[N]) {
  const char* text = reinterpret_cast<const char*>(bytes);
  return std::string(text, strnlen(text, N));
}

std::string rate_text(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", rate);
  return text;
}

std::string format_text(uint32_t fourcc, uint32_t width, uint32_t height) {
  return std::to_string(width) + "×" + std::to_string(height) + " " + fourcc_text(fourcc);
}

Status setup(const Device& device, const std::string& what) {
  return refuse("CAMERA_SETUP", device.path() + " (" + device.card() + "): " + what);
}

double rate_of(const v4l2_fract& interval) {
  return interval.numerator == 0 ? 0 : static_cast<double>(interval.denominator) / interval.numerator;
}

void add_rates(Device& device, Mode& mode) {
  for (uint32_t index = 0; index < 64; ++index) {
    v4l2_frmivalenum interval{};
    interval.index = index;
    interval.pixel_format = mode.fourcc;
    interval.width = static_cast<uint32_t>(mode.width);
    interval.height = static_cast<uint32_t>(mode.height);
    if (device.ask(VIDIOC_ENUM_FRAMEINTERVALS, &interval) < 0) break;
    const bool discrete = interval.type == V4L2_FRMIVAL_TYPE_DISCRETE;
    mode.rates.push_back(rate_of(discrete ? interval.discrete : interval.stepwise.min));
    if (!discrete) break;
  }
  std::sort(mode.rates.rbegin(), mode.rates.rend());
}

void add_modes(Device& device, uint32_t fourcc, std::vector<Mode>& modes) {
  for (uint32_t index = 0; modes.size() < kMaxModes; ++index) {
    v4l2_frmsizeenum size{};
    size.index = index;
    size.pixel_format = fourcc;
    if (device.ask(VIDIOC_ENUM_FRAMESIZES, &size) < 0) return;
    const bool discrete = size.type == V4L2_FRMSIZE_TYPE_DISCRETE;
    Mode mode;
    mode.fourcc = fourcc;
    mode.width = static_cast<int>(discrete ? size.discrete.width : size.stepwise.max_width);
    mode.height = static_cast<int>(discrete ? size.discrete.height : size.stepwise.max_height);
    add_rates(device, mode);
    modes.push_back(std::move(mode));
    if (!discrete) return;
  }
}

}  // namespace

Status device_error(const std::string& what, int error) {
  const bool gone = error == ENODEV || error == ENOENT || error == ENXIO || error == EIO || error == EPIPE;
  std::string why = std::strerror(error);
  if (error == EACCES || error == EPERM) why += " (is the user in the group video?)";
  if (error == EBUSY) why += " (another program uses it: fuser -v /dev/video*)";
  return {gone ? "CAMERA_GONE" : "CAMERA_SETUP", what + ": " + why, error};
}

Status Device::open(const std::string& path) {
  close();
  path_ = path;
  const int fd = kernel_.open(path.c_str());
  if (fd < 0) return device_error(path + " cannot be opened", -fd);
  fd_ = fd;
  v4l2_capability capability{};
  if (const int result = ask(VIDIOC_QUERYCAP, &capability); result < 0)
    return device_error(path + " is no video device", -result);
  driver_ = text_of(capability.driver);
  card_ = text_of(capability.card);
  bus_ = text_of(capability.bus_info);
  const uint32_t has = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  if (!(has & V4L2_CAP_VIDEO_CAPTURE)) {
    if (has & V4L2_CAP_VIDEO_CAPTURE_MPLANE)
      return setup(*this, "delivers several planes a frame, which is not supported: use its single-planar node");
    // A loopback device says so until something writes into it.
    return setup(*this, "delivers no pictures (it is a metadata or output node, or nothing feeds it)");
  }
  if (!(has & V4L2_CAP_STREAMING)) return setup(*this, "cannot stream into mapped memory");
  return {};
}

void Device::close() {
  if (fd_ >= 0) kernel_.close(fd_);
  fd_ = -1;
}

std::vector<Mode> list_modes(Device& device) {
  std::vector<Mode> modes;
  for (uint32_t index = 0; index < 64 && modes.size() < kMaxModes; ++index) {
    v4l2_fmtdesc description{};
    description.index = index;
    description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (device.ask(VIDIOC_ENUM_FMT, &description) < 0) break;
    const size_t before = modes.size();
    add_modes(device, description.pixelformat, modes);
    if (modes.size() == before) modes.push_back({description.pixelformat, 0, 0, {}});
  }
  return modes;
}

Status set_format(Device& device, Source source, int width, int height, FrameFormat* out) {
  v4l2_format format{};
  format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  v4l2_pix_format& pixels = format.fmt.pix;
  pixels.width = static_cast<uint32_t>(width);
  pixels.height = static_cast<uint32_t>(height);
  pixels.pixelformat = fourcc_of(source);
  pixels.field = V4L2_FIELD_NONE;
  const std::string asked = format_text(pixels.pixelformat, pixels.width, pixels.height);
  if (const int result = device.ask(VIDIOC_S_FMT, &format); result < 0)
    return device_error(device.path() + " refuses " + asked, -result);
  if (pixels.pixelformat != fourcc_of(source) || pixels.width != static_cast<uint32_t>(width) ||
      pixels.height != static_cast<uint32_t>(height))
    return setup(device, "was asked for " + asked + " and gives " +
                             format_text(pixels.pixelformat, pixels.width, pixels.height));
  if (pixels.field != V4L2_FIELD_NONE && pixels.field != V4L2_FIELD_ANY)
    return setup(device, "gives interlaced pictures (field " + std::to_string(pixels.field) + ")");

  FrameFormat result;
  result.source = source;
  result.width = width;
  result.height = height;
  result.buffer_bytes = pixels.sizeimage;
  if (source != Source::kMjpeg) {
    const uint32_t row = static_cast<uint32_t>(width) * (source == Source::kYuyv ? 2 : 1);
    const uint32_t stride = pixels.bytesperline == 0 ? row : pixels.bytesperline;
    if (stride < row || stride > static_cast<uint32_t>(kMaxStride))
      return setup(device, "names rows of " + std::to_string(stride) + " bytes for " + asked);
    result.stride = static_cast<int>(stride);
    const uint32_t matrix = pixels.ycbcr_enc == V4L2_YCBCR_ENC_DEFAULT
                                ? static_cast<uint32_t>(V4L2_MAP_YCBCR_ENC_DEFAULT(pixels.colorspace))
                                : pixels.ycbcr_enc;
    const uint32_t range =
        pixels.quantization == V4L2_QUANTIZATION_DEFAULT
            ? static_cast<uint32_t>(V4L2_MAP_QUANTIZATION_DEFAULT(false, pixels.colorspace, matrix))
            : pixels.quantization;
    if (source != Source::kGrey && matrix != V4L2_YCBCR_ENC_601 && matrix != V4L2_YCBCR_ENC_709)
      return setup(device, "codes colours in a way that is not supported (ycbcr_enc " + std::to_string(matrix) + ")");
    result.coding.matrix = matrix == V4L2_YCBCR_ENC_709 ? YuvCoding::Matrix::kBt709 : YuvCoding::Matrix::kBt601;
    result.coding.full_range = range == V4L2_QUANTIZATION_FULL_RANGE;
  }
  *out = result;
  return {};
}

Status set_rate(Device& device, double wanted, double* rate) {
  *rate = 0;
  v4l2_streamparm parameters{};
  parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  const int known = device.ask(VIDIOC_G_PARM, &parameters);
  v4l2_captureparm& capture = parameters.parm.capture;
  // Such a driver has one rate, and does not tell which.
  if (known == -ENOTTY || known == -EINVAL || (known == 0 && !(capture.capability & V4L2_CAP_TIMEPERFRAME))) return {};
  if (known < 0) return device_error(device.path() + " does not tell its frame rate", -known);
  capture.timeperframe.numerator = 1000;
  capture.timeperframe.denominator = static_cast<uint32_t>(std::lround(wanted * 1000));
  if (const int result = device.ask(VIDIOC_S_PARM, &parameters); result < 0)
    return device_error(device.path() + " refuses " + rate_text(wanted) + " frames a second", -result);
  const double given = rate_of(capture.timeperframe);
  if (!(std::fabs(given - wanted) <= wanted * kRateTolerance))
    return setup(device, "was asked for " + rate_text(wanted) + " frames a second and gives " + rate_text(given));
  *rate = given;
  return {};
}

}  // namespace cupcheck::v4l2

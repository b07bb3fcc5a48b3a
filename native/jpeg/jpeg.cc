#include "jpeg.h"

#include <turbojpeg.h>

#include <cstring>

namespace cupcheck {
namespace {

struct Destroy {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, Destroy>;

// A progressive picture may hold any number of scans, each over the whole picture: a small file could keep us busy.
constexpr int kDecodeFlags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;

std::string size_text(int width, int height) { return std::to_string(width) + "×" + std::to_string(height); }

Status size_in_bounds(int width, int height, const char* what) {
  if (width >= kMinSide && height >= kMinSide && width <= kMaxSide && height <= kMaxSide) return {};
  return refuse("PICTURE_SIZE", std::string(what) + " of " + size_text(width, height) + " pixels (64 to 8192 a side)");
}

Status corrupt(tjhandle handle) {
  const std::string reason = tjGetErrorStr2(handle);
  // TurboJPEG has one error code for everything fatal; a side of 0 is a matter of size, not of the cable.
  if (reason.find("Empty JPEG image") != std::string::npos)
    return refuse("PICTURE_SIZE", "a JPEG with a side of 0 pixels (64 to 8192 a side)");
  return refuse("PICTURE_CORRUPT", "the JPEG cannot be decoded: " + reason);
}

Status read_size(tjhandle handle, const uint8_t* jpeg, size_t bytes, JpegSize* out) {
  if (bytes < 4 || bytes > kMaxJpegBytes)
    return refuse("PICTURE_CORRUPT", "a JPEG of " + std::to_string(bytes) + " bytes (4 bytes to 256 MiB)");
  int subsampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(handle, jpeg, bytes, &out->width, &out->height, &subsampling, &colours) != 0)
    return corrupt(handle);
  return size_in_bounds(out->width, out->height, "a JPEG");
}

Status open_decoder(Handle* out) {
  out->reset(tjInitDecompress());
  return *out ? Status{} : refuse("INTERNAL", std::string("libjpeg-turbo does not start: ") + tjGetErrorStr2(nullptr));
}

}  // namespace

void Free::operator()(uint8_t* bytes) const { tjFree(bytes); }

Status jpeg_size(const uint8_t* jpeg, size_t bytes, int scale, JpegSize* out) {
  if (scale != 1 && scale != 2 && scale != 4 && scale != 8)
    return refuse("NATIVE_ARGUMENT", "a JPEG scale of 1/" + std::to_string(scale) + " (1, 2, 4 or 8)");
  Handle handle;
  if (Status status = open_decoder(&handle); !status.ok()) return status;
  JpegSize coded;
  if (Status status = read_size(handle.get(), jpeg, bytes, &coded); !status.ok()) return status;
  const tjscalingfactor factor = {1, scale};
  const JpegSize scaled = {TJSCALED(coded.width, factor), TJSCALED(coded.height, factor)};
  if (Status status = size_in_bounds(scaled.width, scaled.height, "a scaled JPEG"); !status.ok()) return status;
  *out = scaled;
  return {};
}

Status jpeg_decode(const uint8_t* jpeg, size_t bytes, const JpegSize& size, int channels, uint8_t* pixels,
                   size_t room) {
  if (channels != 1 && channels != 3)
    return refuse("NATIVE_ARGUMENT", std::to_string(channels) + " channels (1 or 3)");
  const size_t needed = static_cast<size_t>(size.width) * size.height * channels;
  if (room < needed)
    return refuse("NATIVE_ARGUMENT", "room for " + std::to_string(room) + " bytes (" + std::to_string(needed) + " are needed)");
  Handle handle;
  if (Status status = open_decoder(&handle); !status.ok()) return status;
  JpegSize coded;
  if (Status status = read_size(handle.get(), jpeg, bytes, &coded); !status.ok()) return status;
  const int pixel_format = channels == 3 ? TJPF_RGB : TJPF_GRAY;
  if (tjDecompress2(handle.get(), jpeg, bytes, pixels, size.width, size.width * channels, size.height, pixel_format,
                    kDecodeFlags) != 0)
    return corrupt(handle.get());
  return {};
}

Status jpeg_encode(const PixelView& picture, int quality, JpegSpan* out) {
  if (Status status = check_pixels(picture); !status.ok()) return status;
  if (Status status = size_in_bounds(picture.width, picture.height, "a picture"); !status.ok()) return status;
  if (quality < 1 || quality > 100)
    return refuse("NATIVE_ARGUMENT", "a JPEG quality of " + std::to_string(quality) + " (1 to 100)");
  Handle handle(tjInitCompress());
  if (!handle) return refuse("INTERNAL", std::string("libjpeg-turbo does not start: ") + tjGetErrorStr2(nullptr));
  unsigned char* data = nullptr;
  unsigned long bytes = 0;
  const bool rgb = picture.channels == 3;
  const int failed =
      tjCompress2(handle.get(), picture.data, picture.width, picture.stride, picture.height,
                  rgb ? TJPF_RGB : TJPF_GRAY, &data, &bytes, rgb ? TJSAMP_420 : TJSAMP_GRAY, quality, 0);
  JpegSpan span{JpegBytes(data), bytes};
  if (failed != 0) return refuse("INTERNAL", std::string("the JPEG was not encoded: ") + tjGetErrorStr2(handle.get()));
  *out = std::move(span);
  return {};
}

}  // namespace cupcheck

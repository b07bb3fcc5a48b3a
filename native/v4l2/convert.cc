#include "convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cupcheck::v4l2 {
namespace {

/**
 * Whole-number arithmetic in lanes of 16 bits: luma is scaled by 2^7 and chroma by 2^8, the factors by 2^14 and 2^13,
 * and the upper half of each product keeps 5 bits behind the point. No sum leaves 16 bits.
 */
struct Factors {
  int16_t black, luma, red_v, green_u, green_v, blue_u;
};

/** ITU-R BT.601 and BT.709 from their own luma weights. */
Factors factors_of(YuvCoding coding) {
  const bool bt709 = coding.matrix == YuvCoding::Matrix::kBt709;
  const double red = bt709 ? 0.2126 : 0.299, blue = bt709 ? 0.0722 : 0.114, green = 1 - red - blue;
  const double luma = coding.full_range ? 1 : 255.0 / 219, chroma = coding.full_range ? 1 : 255.0 / 224;
  const auto fixed = [](double value, int bits) { return static_cast<int16_t>(std::lround(std::ldexp(value, bits))); };
  return {static_cast<int16_t>(coding.full_range ? 0 : 16),
          fixed(luma, 14),
          fixed(2 * (1 - red) * chroma, 13),
          fixed(2 * (1 - blue) * blue / green * chroma, 13),
          fixed(2 * (1 - red) * red / green * chroma, 13),
          fixed(2 * (1 - blue) * chroma, 13)};
}

/** Pixels that are worked on at once: what lies between the steps stays in the first cache. */
constexpr int kBlock = 64;

/** Values in words of 16 bits, so that a word of 32 bits holds those of two neighbours. */
struct Block {
  alignas(64) uint16_t y[kBlock];
  /** Each twice, as two pixels share it. */
  alignas(64) uint16_t u[kBlock];
  alignas(64) uint16_t v[kBlock];
  /** Red in the lower byte, green in the upper one. */
  alignas(64) uint16_t red_green[kBlock];
  alignas(64) uint16_t blue[kBlock];
};

#define CUPCHECK_INLINE inline __attribute__((always_inline))

typedef uint32_t Pair __attribute__((may_alias));
typedef uint16_t Words __attribute__((vector_size(16), may_alias));
typedef uint8_t Bytes __attribute__((vector_size(16), may_alias));
typedef uint8_t LooseBytes __attribute__((vector_size(16), may_alias, aligned(1)));

CUPCHECK_INLINE Pair* pairs_of(uint16_t* words) { return reinterpret_cast<Pair*>(words); }

CUPCHECK_INLINE int16_t high(int16_t a, int16_t b) { return static_cast<int16_t>(static_cast<int32_t>(a) * b >> 16); }

/** @param sum with a half of the lowest bit that is kept */
CUPCHECK_INLINE uint16_t level(int16_t sum) {
  const int16_t rounded = static_cast<int16_t>(sum >> 5);
  return static_cast<uint16_t>(std::min<int16_t>(255, std::max<int16_t>(0, rounded)));
}

CUPCHECK_INLINE void colour(Block& block, const Factors& f) {
  for (int i = 0; i < kBlock; ++i) {
    // The half is added once, for all three colours.
    const int16_t y = static_cast<int16_t>(high(static_cast<int16_t>((block.y[i] - f.black) * 128), f.luma) + 16);
    const int16_t u = static_cast<int16_t>((block.u[i] - 128) * 256), v = static_cast<int16_t>((block.v[i] - 128) * 256);
    const uint16_t red = level(static_cast<int16_t>(y + high(v, f.red_v)));
    const uint16_t green = level(static_cast<int16_t>(y - high(u, f.green_u) - high(v, f.green_v)));
    block.red_green[i] = static_cast<uint16_t>(red | green << 8);
    block.blue[i] = level(static_cast<int16_t>(y + high(u, f.blue_u)));
  }
}

/** `count` pixels; up to 4 bytes behind them are written too where `slack`, so that whole vectors can be stored. */
CUPCHECK_INLINE void store_rgb(const Block& block, int count, bool slack, uint8_t* out) {
  if (slack && count == kBlock) {
    const Bytes drop_fourth = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15};
    for (int i = 0; i < kBlock; i += 8) {
      const Words red_green = *reinterpret_cast<const Words*>(block.red_green + i);
      const Words blue = *reinterpret_cast<const Words*>(block.blue + i);
      const Words first = __builtin_shuffle(red_green, blue, Words{0, 8, 1, 9, 2, 10, 3, 11});
      const Words second = __builtin_shuffle(red_green, blue, Words{4, 12, 5, 13, 6, 14, 7, 15});
      *reinterpret_cast<LooseBytes*>(out + 3 * i) = __builtin_shuffle(reinterpret_cast<Bytes>(first), drop_fourth);
      *reinterpret_cast<LooseBytes*>(out + 3 * i + 12) = __builtin_shuffle(reinterpret_cast<Bytes>(second), drop_fourth);
    }
    return;
  }
  for (int i = 0; i < count; ++i) {
    out[3 * i] = static_cast<uint8_t>(block.red_green[i]);
    out[3 * i + 1] = static_cast<uint8_t>(block.red_green[i] >> 8);
    out[3 * i + 2] = static_cast<uint8_t>(block.blue[i]);
  }
}

CUPCHECK_INLINE void split_yuyv(const uint8_t* row, Block& block) {
  Pair *y = pairs_of(block.y), *u = pairs_of(block.u), *v = pairs_of(block.v);
  for (int i = 0; i < kBlock / 2; ++i) {
    uint32_t pair;
    std::memcpy(&pair, row + 4 * i, sizeof pair);
    const uint32_t cb = pair >> 8 & 0xff, cr = pair >> 24;
    y[i] = pair & 0x00ff00ff;
    u[i] = cb | cb << 16;
    v[i] = cr | cr << 16;
  }
}

CUPCHECK_INLINE void split_nv12(const uint8_t* luma, const uint8_t* chroma, Block& block) {
  Pair *u = pairs_of(block.u), *v = pairs_of(block.v);
  for (int i = 0; i < kBlock; ++i) block.y[i] = luma[i];
  for (int i = 0; i < kBlock / 2; ++i) {
    const uint32_t cb = chroma[2 * i], cr = chroma[2 * i + 1];
    u[i] = cb | cb << 16;
    v[i] = cr | cr << 16;
  }
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the bytes of a word are taken in this order");

/** Blocks of a row; the last one is made of what is left, so that nothing behind a row is read. */
template <typename Split>
CUPCHECK_INLINE void row_to_rgb(int width, bool last_row, const Factors& factors, Split split, uint8_t* out) {
  Block block;
  for (int x = 0; x < width; x += kBlock) {
    const int count = std::min(kBlock, width - x);
    split(x, count, block);
    colour(block, factors);
    store_rgb(block, count, !last_row || x + kBlock < width, out + 3 * x);
  }
}

CUPCHECK_INLINE void yuyv(const Rows& rows, const Factors& factors, uint8_t* out) {
  for (int row = 0; row < rows.height; ++row) {
    const uint8_t* from = rows.data + row * rows.stride;
    const auto split = [from](int x, int count, Block& block) __attribute__((always_inline)) {
      if (count == kBlock) return split_yuyv(from + 2 * x, block);
      uint8_t rest[2 * kBlock] = {};
      std::memcpy(rest, from + 2 * x, 2 * static_cast<size_t>(count));
      split_yuyv(rest, block);
    };
    row_to_rgb(rows.width, row + 1 == rows.height, factors, split, out + 3 * static_cast<size_t>(row) * rows.width);
  }
}

CUPCHECK_INLINE void nv12(const Rows& rows, const Factors& factors, uint8_t* out) {
  const uint8_t* chroma_plane = rows.data + rows.height * rows.stride;
  for (int row = 0; row < rows.height; ++row) {
    const uint8_t* luma = rows.data + row * rows.stride;
    const uint8_t* chroma = chroma_plane + row / 2 * rows.stride;
    const auto split = [luma, chroma](int x, int count, Block& block) __attribute__((always_inline)) {
      if (count == kBlock) return split_nv12(luma + x, chroma + x, block);
      uint8_t lumas[kBlock] = {}, chromas[kBlock] = {};
      std::memcpy(lumas, luma + x, static_cast<size_t>(count));
      std::memcpy(chromas, chroma + x, static_cast<size_t>(count));
      split_nv12(lumas, chromas, block);
    };
    row_to_rgb(rows.width, row + 1 == rows.height, factors, split, out + 3 * static_cast<size_t>(row) * rows.width);
  }
}

#if defined(__x86_64__)

// The same code compiled for wider vectors. Picked by what the processor says: the rest must run on any x86-64.
__attribute__((target("avx2"))) void yuyv_wide(const Rows& rows, const Factors& f, uint8_t* out) { yuyv(rows, f, out); }
__attribute__((target("avx2"))) void nv12_wide(const Rows& rows, const Factors& f, uint8_t* out) { nv12(rows, f, out); }
bool wide() { return __builtin_cpu_supports("avx2"); }

#else

void yuyv_wide(const Rows& rows, const Factors& f, uint8_t* out) { yuyv(rows, f, out); }
void nv12_wide(const Rows& rows, const Factors& f, uint8_t* out) { nv12(rows, f, out); }
bool wide() { return true; }

#endif

}  // namespace

void yuyv_to_rgb(const Rows& rows, YuvCoding coding, uint8_t* out) {
  const Factors factors = factors_of(coding);
  if (wide()) return yuyv_wide(rows, factors, out);
  yuyv(rows, factors, out);
}

void nv12_to_rgb(const Rows& rows, YuvCoding coding, uint8_t* out) {
  const Factors factors = factors_of(coding);
  if (wide()) return nv12_wide(rows, factors, out);
  nv12(rows, factors, out);
}

void copy_grey(const Rows& rows, uint8_t* out) {
  const size_t width = rows.width;
  if (rows.stride == width) {
    std::memcpy(out, rows.data, width * rows.height);
    return;
  }
  for (int row = 0; row < rows.height; ++row) std::memcpy(out + row * width, rows.data + row * rows.stride, width);
}

}  // namespace cupcheck::v4l2

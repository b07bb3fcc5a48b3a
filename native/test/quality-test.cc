// The quality and rim kernels on random pictures, outlines and scenes, each in memory of its exact size.
#include <chrono>
#include <limits>
#include <vector>

#include "../quality/difference.h"
#include "../quality/light.h"
#include "../quality/thumb.h"
#include "../rim/rims.h"
#include "harness.h"

namespace cupcheck::test {
namespace {

int whole(Random& random, int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }
double real(Random& random, double low, double high) { return std::uniform_real_distribution<double>(low, high)(random); }

/** Mostly sane, sometimes what no caller should send. */
double any(Random& random, double low, double high) {
  const double odd[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                        -std::numeric_limits<double>::infinity(), 0, -1, 1e300, -1e300, 65536, 1e-300};
  return whole(random, 0, 30) == 0 ? odd[whole(random, 0, 8)] : real(random, low, high);
}

void one_picture(Random& random) {
  const int channels = whole(random, 0, 1) ? 3 : 1, width = whole(random, 1, 200), height = whole(random, 1, 160);
  const int stride = width * channels + whole(random, 0, 9);
  std::vector<uint8_t> pixels(static_cast<size_t>(stride) * (height - 1) + width * channels);
  const int noise = whole(random, 0, 60);
  const double cx = real(random, 0, width), cy = real(random, 0, height), radius = real(random, 1, 90);
  for (size_t i = 0; i < pixels.size(); ++i) {
    const double x = static_cast<double>(i % stride) / channels - cx, y = static_cast<double>(i / stride) - cy;
    pixels[i] = static_cast<uint8_t>((x * x + y * y < radius * radius ? 170 : 50) + whole(random, 0, noise));
  }
  const PixelView picture = {pixels.data(), pixels.size(), width, height, stride, channels};
  Light light;
  const Ellipse outline = {any(random, -50, 250), any(random, -50, 250), any(random, 1, 200), any(random, 1, 200), any(random, -7, 7)};
  const double scale = any(random, 0.1, 2);
  if (disc_light(picture, outline, scale, &light).ok())
    expect(light.luma >= 0 && light.luma <= 255 && light.clipped >= 0 && light.clipped <= 1, "the light of a disc is in range");
  double focus = 0;
  if (disc_focus(picture, outline, scale, &focus).ok()) expect(focus >= 0, "a variance is not negative");
  expect(picture_light(picture, whole(random, 1, 9), &light).ok(), "a picture has light");
  const int shrink = whole(random, 0, 1) ? 8 : 1, columns = width / shrink, rows = height / shrink;
  std::vector<float> thumb(static_cast<size_t>(columns) * rows);
  expect(thumb_of(picture, shrink, columns, rows, thumb.data(), thumb.size()).ok(), "a picture has a thumb");
  expect(!thumb_of(picture, shrink, columns + 1, rows, thumb.data(), thumb.size()).ok(), "no thumb is wider than its picture");
  double change = -1;
  expect(change_between(thumb.data(), thumb.data(), columns, rows, &change).ok() && change == 0, "a thumb equals itself");
  Rim rim;
  const Circle circle = {any(random, cx - 9, cx + 9), any(random, cy - 9, cy + 9), any(random, radius * 0.8, radius * 1.2)};
  if (find_rim(picture, circle, &rim).ok() && rim.found)
    expect(rim.ellipse.major > 0 && rim.ellipse.minor > 0 && rim.seen > 0 && rim.seen <= 1, "a rim has axes and a share");
  std::vector<Circle> circles;
  for (int i = whole(random, 0, 5); i > 0; --i) circles.push_back({circle.cx + i, circle.cy, circle.radius});
  std::vector<Rim> rims;
  const bool found = find_rims(picture, circles, &rims).ok();
  for (size_t i = 0; i < circles.size(); ++i) {
    const bool alone = find_rim(picture, circles[i], &rim).ok();
    expect(alone || !found, "what is refused alone is refused among others");
    if (found)
      expect(rims[i].found == rim.found && rims[i].ellipse.major == rim.ellipse.major && rims[i].width == rim.width,
             "a rim is the same alone and among others");
  }
}

void one_scene(Random& random) {
  const int width = whole(random, 1, 90), height = whole(random, 1, 70);
  const int columns = whole(random, 1, width), rows = whole(random, 1, height);
  std::vector<float> now(size_t{3} * width * height), before(now.size());
  const bool odd = whole(random, 0, 9) == 0;
  for (size_t i = 0; i < now.size(); ++i) {
    before[i] = static_cast<float>(odd ? any(random, -1, 1) : real(random, -1, 1));
    now[i] = static_cast<float>(odd ? any(random, -1, 1) : before[i] * 0.9f);
  }
  std::vector<uint8_t> covered(static_cast<size_t>(columns) * rows), marked(covered.size(), 9);
  for (uint8_t& cell : covered) cell = whole(random, 0, 3) == 0;
  const ScenePair pair = {now.data(), before.data(), now.size(), width, height, columns, rows, 127.5f, 127.5f};
  expect(difference_from_empty(pair, covered.data(), marked.data(), marked.size()).ok(), "scenes are compared");
  bool sane = true;
  for (size_t at = 0; at < marked.size(); ++at) sane = sane && marked[at] <= 1 && !(covered[at] && marked[at]);
  expect(sane, "every cell is marked or not, and none that is covered");
  double step = 0;
  expect(steepest_step(now.data(), now.size(), width, height, columns, rows, &step).ok(), "a scene has a steepest step");
}

}  // namespace

int fuzz_quality(Random& random, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int rounds = 0;
  do {
    one_picture(random);
    one_scene(random);
    ++rounds;
  } while (std::chrono::steady_clock::now() < end);
  return rounds;
}

}  // namespace cupcheck::test

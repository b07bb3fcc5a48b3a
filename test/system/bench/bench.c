// What stands around the station: a camera that shows a picture (written to v4l2loopback), a cup sensor (a pull of
// gpio-sim), and eyes on the lamp's lines (gpio-sim's other side: no process of the station is asked).
//
//   bench DEVICE WIDTH HEIGHT FPS CHIP SENSOR LINE…     CHIP: gpio-sim's folder in sysfs; SENSOR, LINE: offsets
//
// Commands on stdin, a line each; it ends at the end of stdin:
//   picture FILE     a JPEG, shown from the next frame on
//   camera on|off    off: nobody writes any more, as with a pulled plug
//   stamps live|frozen|late MS   frozen: each frame has the first one's stamp. late: stamps lie MS in the past
//   sensor 0|1
//   pulses N MS      N pulses of the sensor, MS high and MS low
// On stdout, each with the nanoseconds of CLOCK_MONOTONIC: "NS ok COMMAND", "NS failed COMMAND: WHY", "NS line OFFSET 0|1".
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { max_lines = 8, max_buffers = 4, max_picture = 1 << 22, look_every_ms = 4 };

struct camera {
  const char *device;
  unsigned width, height;
  int64_t period_ns;
  int fd;
  struct { void *data; size_t bytes; } buffers[max_buffers];
  unsigned buffer_count;
  int64_t next_ns, frozen_ns, late_ns;
  int frozen;
};

struct line { int offset, fd, value; };

static unsigned char picture[max_picture];
static size_t picture_bytes;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void pause_ms(int ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) {}
}

static const char *camera_off(struct camera *c) {
  if (c->fd < 0) return NULL;
  for (unsigned i = 0; i < c->buffer_count; i++) munmap(c->buffers[i].data, c->buffers[i].bytes);
  close(c->fd);
  c->fd = -1;
  return NULL;
}

static const char *camera_on(struct camera *c) {
  if (c->fd >= 0) return NULL;
  c->fd = open(c->device, O_RDWR | O_CLOEXEC);
  if (c->fd < 0) return strerror(errno);
  c->buffer_count = 0;
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT};
  format.fmt.pix.width = c->width;
  format.fmt.pix.height = c->height;
  format.fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
  format.fmt.pix.field = V4L2_FIELD_NONE;
  format.fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
  format.fmt.pix.sizeimage = c->width * c->height * 2;
  struct v4l2_requestbuffers request = {.count = max_buffers, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
  int type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  const char *failed = NULL;
  if (ioctl(c->fd, VIDIOC_S_FMT, &format) != 0 || ioctl(c->fd, VIDIOC_REQBUFS, &request) != 0) failed = strerror(errno);
  for (unsigned i = 0; failed == NULL && i < request.count && i < max_buffers; i++) {
    struct v4l2_buffer b = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
    if (ioctl(c->fd, VIDIOC_QUERYBUF, &b) != 0) { failed = strerror(errno); break; }
    void *data = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, c->fd, b.m.offset);
    if (data == MAP_FAILED) { failed = strerror(errno); break; }
    c->buffers[c->buffer_count].data = data;
    c->buffers[c->buffer_count++].bytes = b.length;
  }
  if (failed == NULL && ioctl(c->fd, VIDIOC_STREAMON, &type) != 0) failed = strerror(errno);
  if (failed != NULL) camera_off(c);
  c->next_ns = now_ns();
  return failed;
}

static void show_frame(struct camera *c) {
  struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_MMAP};
  if (ioctl(c->fd, VIDIOC_DQBUF, &b) != 0 || b.index >= c->buffer_count) {
    fprintf(stderr, "bench: no buffer for a frame: %s\n", strerror(errno));
    return;
  }
  if (picture_bytes > c->buffers[b.index].bytes) return;
  int64_t stamp_ns = c->frozen ? c->frozen_ns : now_ns() - c->late_ns;
  memcpy(c->buffers[b.index].data, picture, picture_bytes);
  b.type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
  b.bytesused = picture_bytes;
  b.timestamp.tv_sec = stamp_ns / 1000000000;
  b.timestamp.tv_usec = stamp_ns % 1000000000 / 1000;
  if (ioctl(c->fd, VIDIOC_QBUF, &b) != 0) fprintf(stderr, "bench: a frame was not taken: %s\n", strerror(errno));
}

static const char *load_picture(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return strerror(errno);
  size_t bytes = 0;
  ssize_t got;
  while (bytes < sizeof picture && (got = read(fd, picture + bytes, sizeof picture - bytes)) > 0) bytes += (size_t)got;
  close(fd);
  picture_bytes = bytes;
  return bytes == 0 || bytes == sizeof picture ? "empty or too large" : NULL;
}

static const char *pull(int sensor, int high) {
  const char *word = high ? "pull-up" : "pull-down";
  return pwrite(sensor, word, strlen(word), 0) < 0 ? strerror(errno) : NULL;
}

static const char *obey(struct camera *c, int sensor, char *command) {
  int64_t count, ms;
  if (strncmp(command, "picture ", 8) == 0) return load_picture(command + 8);
  if (strcmp(command, "camera on") == 0) return camera_on(c);
  if (strcmp(command, "camera off") == 0) return camera_off(c);
  if (strcmp(command, "stamps live") == 0) return c->frozen = 0, c->late_ns = 0, NULL;
  if (strcmp(command, "stamps frozen") == 0) return c->frozen = 1, c->frozen_ns = now_ns(), NULL;
  if (sscanf(command, "stamps late %" SCNd64, &ms) == 1) return c->frozen = 0, c->late_ns = ms * 1000000, NULL;
  if (strcmp(command, "sensor 0") == 0) return pull(sensor, 0);
  if (strcmp(command, "sensor 1") == 0) return pull(sensor, 1);
  if (sscanf(command, "pulses %" SCNd64 " %" SCNd64, &count, &ms) == 2 && count <= 100 && ms <= 1000) {
    for (int64_t i = 0; i < count * 2; i++) {
      const char *failed = pull(sensor, i % 2 == 0);
      if (failed != NULL) return failed;
      pause_ms((int)ms);
    }
    return NULL;
  }
  return "no such command";
}

static void look_at(struct line *line) {
  char digit;
  if (pread(line->fd, &digit, 1, 0) != 1 || digit - '0' == line->value) return;
  line->value = digit - '0';
  printf("%" PRId64 " line %d %d\n", now_ns(), line->offset, line->value);
}

/** Handles the whole lines of stdin. Returns 0 at its end. */
static int read_commands(struct camera *c, int sensor) {
  static char text[4096];
  static size_t bytes;
  ssize_t got = read(STDIN_FILENO, text + bytes, sizeof text - 1 - bytes);
  if (got <= 0) return 0;
  bytes += (size_t)got;
  text[bytes] = 0;
  char *start = text;
  for (char *end; (end = strchr(start, '\n')) != NULL; start = end + 1) {
    *end = 0;
    const char *failed = obey(c, sensor, start);
    if (failed == NULL) printf("%" PRId64 " ok %s\n", now_ns(), start);
    else printf("%" PRId64 " failed %s: %s\n", now_ns(), start, failed);
  }
  bytes -= (size_t)(start - text);
  memmove(text, start, bytes);
  return 1;
}

static int open_attribute(const char *chip, const char *offset, const char *name, int flags) {
  char path[512];
  snprintf(path, sizeof path, "%s/sim_gpio%s/%s", chip, offset, name);
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
  return fd;
}

int main(int argc, char **argv) {
  if (argc < 8 || argc - 7 > max_lines) {
    fprintf(stderr, "usage: bench DEVICE WIDTH HEIGHT FPS CHIP SENSOR LINE...\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct camera camera = {.device = argv[1], .width = (unsigned)atoi(argv[2]), .height = (unsigned)atoi(argv[3]), .fd = -1};
  camera.period_ns = 1000000000 / atoi(argv[4]);
  int sensor = open_attribute(argv[5], argv[6], "pull", O_WRONLY);
  struct line lines[max_lines];
  int line_count = argc - 7;
  for (int i = 0; i < line_count; i++) {
    lines[i] = (struct line){atoi(argv[7 + i]), open_attribute(argv[5], argv[7 + i], "value", O_RDONLY), -1};
    if (lines[i].fd < 0) return 1;
  }
  if (sensor < 0) return 1;
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  for (;;) {
    int ready = poll(&input, 1, look_every_ms);
    if (ready > 0 && !read_commands(&camera, sensor)) return 0;
    for (int i = 0; i < line_count; i++) look_at(&lines[i]);
    if (camera.fd < 0 || now_ns() < camera.next_ns) continue;
    show_frame(&camera);
    camera.next_ns += camera.period_ns;
    // A camera that was held up goes on at its rate; it does not catch up.
    if (camera.next_ns < now_ns()) camera.next_ns = now_ns() + camera.period_ns;
  }
}

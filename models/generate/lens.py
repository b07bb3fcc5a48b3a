"""A camera that looks a little askew through a lens that bends a little: the ideal picture of the plane → the real one.

The ideal picture is a plan: every mm of the cup's bottom takes the same number of pixels. The real one is taken from `distance_mm`
above the cup's centre, the camera turned off the vertical about that centre, its lens bent about the picture's centre. At the cup's
centre a mm keeps its pixels (to cos `tilt`, 0.06 % at 2°), as it does at a station that was calibrated there.
"""
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

MAX_TILT_DEG = 2.0
MAX_BEND = 0.012      # of the half diagonal, at the picture's corner: what a calibration by a flat rule leaves
RIM_POINTS = 360


@dataclass(frozen=True)
class Lens:
    distance_mm: float
    tilt_deg: float
    tilt_axis_deg: float   # the axis that the camera is turned about, in the picture, 0 = right, 90 = down
    bend: float            # + barrel, − pincushion
    px_per_mm: float
    centre_px: tuple       # the cup's
    middle_px: tuple       # the picture's

    def _squeeze(self, off):
        """Radial: about the picture's middle, corrected so that the scale at the cup's centre stays."""
        at = np.array(self.centre_px) - self.middle_px
        reach2 = float(np.dot(self.middle_px, self.middle_px))
        k = 1 - self.bend * (off**2).sum(-1, keepdims=True) / reach2
        k0 = 1 - self.bend * float(at @ at) / reach2
        return k / k0

    def forward(self, points):
        """N×2 px of the ideal picture → px of the real one."""
        p = (np.asarray(points, np.float64) - self.centre_px) / self.px_per_mm
        t, a = np.radians(self.tilt_deg), np.radians(self.tilt_axis_deg)
        along, across = np.array([np.cos(a), np.sin(a)]), np.array([-np.sin(a), np.cos(a)])
        x, y = p @ along, p @ across
        k = self.distance_mm / (self.distance_mm - y * np.sin(t))
        p = (x * k)[:, None] * along + (y * np.cos(t) * k)[:, None] * across
        at = np.array(self.centre_px)
        off = p * self.px_per_mm + at - self.middle_px
        # the cup's centre stays where it is, so that station and truth speak of one place
        return off * self._squeeze(off) + self.middle_px

    def back(self, points):
        """px of the real picture → px of the ideal one; by a few fixed-point steps, exact to 0.001 px."""
        real = np.asarray(points, np.float64)
        guess = real.copy()
        for _ in range(8):
            guess += real - self.forward(guess)
        return guess

    @lru_cache(maxsize=1)  # a station's cups come one after the other
    def maps(self, width, height):
        """For cv2.remap: where each pixel of the real picture comes from. Smooth, so that a coarse grid of exact points is enough."""
        gx, gy = np.linspace(0, width - 1, 41), np.linspace(0, height - 1, 31)
        at = self.back(np.stack(np.meshgrid(gx, gy), -1).reshape(-1, 2)).reshape(31, 41, 2)
        # resize by matrix: cell corners fall on the first and last pixel
        m = np.array([[40 / (width - 1), 0, 0], [0, 30 / (height - 1), 0]])
        move = (at - np.stack(np.meshgrid(gx, gy), -1)).astype(np.float32)
        full = cv2.warpAffine(move, m, (width, height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
        xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        return xs + full[..., 0], ys + full[..., 1]

    def bent(self, picture):
        """The real picture of an ideal one (any number of channels, float32)."""
        h, w = picture.shape[:2]
        out = cv2.remap(picture, *self.maps(w, h), interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.maximum(out, 0)

    def bent_labels(self, labels):
        """The same for a picture of numbers, which must not mix."""
        h, w = labels.shape[:2]
        return cv2.remap(labels, *self.maps(w, h), interpolation=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)

    def nearer(self, height_mm):
        """How much larger a thing is seen that lies this far above the bottom."""
        return self.distance_mm / (self.distance_mm - height_mm)


def random_lens(rng, px_per_mm, centre_px, width, height):
    """A station's: half a metre up, fastened by hand."""
    return Lens(float(rng.uniform(330, 560)), float(np.clip(abs(rng.normal(0, 0.9)), 0, MAX_TILT_DEG)), float(rng.uniform(0, 360)),
                float(rng.uniform(-MAX_BEND / 2, MAX_BEND)), px_per_mm, tuple(centre_px), ((width - 1) / 2, (height - 1) / 2))


def rim(lens, centre, turn):
    """RIM_POINTS×2 px of an ideal ellipse's rim as the lens shows it. `turn`: 2×2, from the unit circle to px."""
    t = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
    return lens.forward(np.stack([np.cos(t), np.sin(t)], -1) @ np.asarray(turn).T + centre)

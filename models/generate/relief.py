"""A height map that shapes are pressed into, as a die presses a coin.

Coordinates: x right, y down, the coin's radius = 1. Heights: parts of the coin's radius, times 100.
"""
import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = {
    "serif": "/usr/share/fonts/truetype/dejavu/DejaVuSerif-Bold.ttf",
    "sans": "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "condensed": "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "serif-condensed": "/usr/share/fonts/truetype/dejavu/DejaVuSerifCondensed-Bold.ttf",
}


def curve(points, closed=True, steps=10):
    """Catmull-Rom spline through N×2 points, as a finer M×2 polyline."""
    p = np.asarray(points, np.float64)
    n = len(p)
    if closed:
        q = [p[(i + k) % n] for i in range(n) for k in (-1, 0, 1, 2)]
    else:
        q = [p[min(max(i + k, 0), n - 1)] for i in range(n - 1) for k in (-1, 0, 1, 2)]
    q = np.asarray(q).reshape(-1, 4, 2)
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, i, None, :] for i in range(4))
    out = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    out = out.reshape(-1, 2)
    return out if closed else np.vstack([out, p[-1:]])


class Relief:
    """Shapes are raised ("on" what is there), carved, or set beside each other by the higher one."""

    def __init__(self, size):
        self.size = size
        self.height = np.zeros((size, size), np.float32)
        self.frames = [np.array([[1.0, 0, 0], [0, 1.0, 0]])]

    def within(self, cx=0.0, cy=0.0, scale=1.0, turn_deg=0.0, mirror=False):
        """Context: shapes drawn inside are moved to (cx, cy), scaled, turned, mirrored."""
        relief = self

        class Frame:
            def __enter__(self):
                c, s = math.cos(math.radians(turn_deg)) * scale, math.sin(math.radians(turn_deg)) * scale
                m = -1.0 if mirror else 1.0
                local = np.array([[c * m, -s, cx], [s * m, c, cy], [0, 0, 1]])
                relief.frames.append((np.vstack([relief.frames[-1], [0, 0, 1]]) @ local)[:2])
                return relief

            def __exit__(self, *_):
                relief.frames.pop()

        return Frame()

    def _px(self, points):
        m = self.frames[-1]
        p = np.asarray(points, np.float64) @ m[:, :2].T + m[:, 2]
        return (p + 1) * self.size / 2

    def _scale(self):
        return math.sqrt(abs(np.linalg.det(self.frames[-1][:, :2])))

    def _press(self, mask, height, bevel, mode):
        """Pillow-shaped: height reached `bevel` (in radii) inside the outline."""
        ys, xs = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
        if not len(ys):
            return
        y0, y1, x0, x1 = max(ys[0] - 2, 0), ys[-1] + 3, max(xs[0] - 2, 0), xs[-1] + 3
        part = mask[y0:y1, x0:x1]
        depth = cv2.distanceTransform(part, cv2.DIST_L2, 3)
        w = max(bevel * self._scale() * self.size / 2, 1.0)
        t = np.clip(depth / w, 0, 1)
        lift = height * np.sqrt(np.clip(1 - (1 - t) ** 2, 0, 1)).astype(np.float32)
        h = self.height[y0:y1, x0:x1]
        if mode == "on":
            h += lift
        elif mode == "carve":
            h -= np.minimum(lift, np.maximum(h, 0) + 0.2)
        elif mode == "sunk":
            h -= lift
        else:
            np.maximum(h, lift, out=h)

    def shape(self, points, height=2.0, bevel=0.08, mode="max"):
        mask = np.zeros((self.size, self.size), np.uint8)
        cv2.fillPoly(mask, [np.round(self._px(points) * 16).astype(np.int32)], 1, shift=4)
        self._press(mask, height, bevel, mode)

    def blob(self, points, height=2.0, bevel=0.08, mode="max"):
        self.shape(curve(points), height, bevel, mode)

    def disc(self, cx, cy, r, height=2.0, bevel=None, mode="max", ry=None, turn_deg=0.0):
        t = np.linspace(0, 2 * math.pi, 48, endpoint=False)
        x, y = r * np.cos(t), (ry or r) * np.sin(t)
        c, s = math.cos(math.radians(turn_deg)), math.sin(math.radians(turn_deg))
        self.shape(np.stack([cx + x * c - y * s, cy + x * s + y * c], 1), height, bevel or r * 0.9, mode)

    def line(self, points, width=0.03, height=1.0, mode="max", closed=False, smooth=False):
        p = curve(points, closed) if smooth else np.asarray(points, np.float64)
        mask = np.zeros((self.size, self.size), np.uint8)
        thick = max(1, int(round(width * self._scale() * self.size / 2)))
        cv2.polylines(mask, [np.round(self._px(p) * 16).astype(np.int32)], closed, 1, thick, shift=4)
        self._press(mask, height, width * 0.5, mode)

    def ring(self, r, width, height=1.0, mode="max"):
        t = np.linspace(0, 2 * math.pi, 180, endpoint=False)
        self.line(np.stack([r * np.cos(t), r * np.sin(t)], 1), width, height, mode, closed=True)

    def _glyph(self, char, font, px):
        f = ImageFont.truetype(FONTS[font], max(6, int(px)))
        box = f.getbbox(char)
        w, h = max(1, box[2]), int(px * 1.3)
        picture = Image.new("L", (w + 4, h), 0)
        ImageDraw.Draw(picture).text((2, 0), char, font=f, fill=255)
        return np.asarray(picture), f.getlength(char)

    def text(self, words, cx=0.0, cy=0.0, size=0.3, height=1.2, font="serif", mode="max", bevel=0.022):
        """Words in a straight line, centred on (cx, cy); `size` = the font's height in radii."""
        px = size * self._scale() * self.size / 2
        f = ImageFont.truetype(FONTS[font], max(6, int(px)))
        l, t, r, b = f.getbbox(words)
        picture = Image.new("L", (self.size, self.size), 0)
        at = self._px([[cx, cy]])[0]
        ImageDraw.Draw(picture).text((at[0] - (l + r) / 2, at[1] - (t + b) / 2), words, font=f, fill=255)
        self._press((np.asarray(picture) > 110).astype(np.uint8), height, bevel, mode)

    def legend(self, words, radius=0.8, size=0.15, centre_deg=-90.0, height=1.2, font="serif", spread=1.0, inward=False):
        """Words along the edge, centred on an angle (−90° = top). `inward`: read from inside, for the bottom half."""
        px = size * self.size / 2
        glyphs = [self._glyph(c, font, px) for c in words]
        step = [(a * spread + 0.02 * px) / (radius * self.size / 2) for _, a in glyphs]
        sign = -1.0 if inward else 1.0
        angle = math.radians(centre_deg) - sign * sum(step) / 2
        mask = np.zeros((self.size, self.size), np.uint8)
        for (glyph, _), s in zip(glyphs, step):
            mid = angle + sign * s / 2
            at = (np.array([math.cos(mid), math.sin(mid)]) * radius + 1) * self.size / 2
            turn = mid + math.pi / 2 if not inward else mid - math.pi / 2
            c, n = math.cos(turn), math.sin(turn)
            gh, gw = glyph.shape
            # the glyph's centre (its cap height's middle, about 0.62 of the font's size from the top) lands on `at`
            ox, oy = gw / 2, px * 0.58
            m = np.array([[c, -n, at[0] - c * ox + n * oy], [n, c, at[1] - n * ox - c * oy]])
            mask |= (cv2.warpAffine(glyph, m, (self.size, self.size), flags=cv2.INTER_AREA) > 110).astype(np.uint8)
            angle += sign * s
        self._press(mask, height, 0.022, "max")

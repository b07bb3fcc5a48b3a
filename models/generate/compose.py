"""Coins laid into a cup: where they lie, their shadows, their light."""
from dataclasses import dataclass

import cv2
import numpy as np

from .handled import fingerprint, handled, relief_glare
from .lens import rim
from .strike import Coin, shade, strike


@dataclass
class Piece:
    """One thing to lay down. `rgba`: a cut-out photograph (disc fills it), or None for a struck coin (`design`, `seed`)."""
    coin: str
    design: str
    side: str
    set: str
    diameter_mm: float
    rgba: np.ndarray = None
    seed: int = 0
    struck: object = None    # a Design where it has no known id, or a ready Coin surface
    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 0.0
    tilt_deg: float = 0.0
    tilt_axis_deg: float = 0.0
    level: int = 0           # 1 = lies on another
    visible: float = 1.0


def lay_out(pieces, radius_mm, rng, gap_mm=0.5, edge_mm=0.6, tries=4000):
    """Side by side at random inside the circle; False where they don't fit."""
    order = sorted(pieces, key=lambda p: -p.diameter_mm)
    for _ in range(12):
        done, left = [], tries
        for p in order:
            while left:
                left -= 1
                r = (radius_mm - p.diameter_mm / 2 - edge_mm) * np.sqrt(rng.uniform())
                a = rng.uniform(0, 2 * np.pi)
                x, y = r * np.cos(a), r * np.sin(a)
                if all((x - q.x_mm) ** 2 + (y - q.y_mm) ** 2 >= ((p.diameter_mm + q.diameter_mm) / 2 + gap_mm) ** 2 for q in done):
                    p.x_mm, p.y_mm = float(x), float(y)
                    done.append(p)
                    break
            else:
                break
        if len(done) == len(order):
            for p in pieces:
                p.turn_deg, p.tilt_deg, p.tilt_axis_deg = float(rng.uniform(0, 360)), float(abs(rng.normal(0, 1.2))), float(rng.uniform(0, 180))
            return True
    return False


def stack(pieces, radius_mm, rng):
    """Lay the last piece onto another, so that both overlap."""
    top, under = pieces[-1], pieces[int(rng.integers(len(pieces) - 1))]
    a = rng.uniform(0, 2 * np.pi)
    for _ in range(200):
        a, d = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.75) * (top.diameter_mm + under.diameter_mm) / 2
        x, y = under.x_mm + d * np.cos(a), under.y_mm + d * np.sin(a)
        if np.hypot(x, y) < radius_mm - top.diameter_mm / 2:
            break
    top.x_mm, top.y_mm, top.level, top.tilt_deg, top.tilt_axis_deg = float(x), float(y), 1, float(rng.uniform(2, 6)), float(np.degrees(a) + 90)


COIN_MM = 2.0   # a coin's thickness


def _nearer(p, station):
    """How much larger than on the bottom: what lies on a coin is nearer to the camera."""
    return station.lens.nearer(COIN_MM * p.level) if station.lens else 1 + 0.006 * p.level


def _matrix(p, station, size):
    """2×2 and the middle: from the cut-out's pixels to those of the ideal picture."""
    u = station.px_per_mm * _nearer(p, station)
    k = p.diameter_mm * u / size
    a, t = np.radians(p.turn_deg), np.radians(p.tilt_axis_deg)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    axis = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    m = k * axis @ np.diag([1, np.cos(np.radians(p.tilt_deg))]) @ axis.T @ turn
    at = np.array([station.centre_px[0] + p.x_mm * station.px_per_mm, station.centre_px[1] + p.y_mm * station.px_per_mm])
    if station.lens:  # and farther from the middle
        at = station.centre_px + (at - station.centre_px) * _nearer(p, station)
    return m, at


def _lean(p):
    """How far the coin's normal is off the line of sight, rad, in its own frame: seen from half a metre, a coin off the centre shows
    its mirror at another angle; a tilted one too."""
    tip = np.radians(p.tilt_deg) * np.array([np.cos(np.radians(p.tilt_axis_deg + 90)), np.sin(np.radians(p.tilt_axis_deg + 90))])
    off = -np.array([p.x_mm, p.y_mm]) / 500 + tip * 1.5
    c, t = np.cos(np.radians(-p.turn_deg)), np.sin(np.radians(-p.turn_deg))
    return off[0] * c - off[1] * t, off[0] * t + off[1] * c


def _look(p, station, rng):
    """Linear RGB and alpha of the piece in its own frame, at about the picture's resolution."""
    px = p.diameter_mm * station.px_per_mm
    if p.rgba is None:
        coin = p.struck if isinstance(p.struck, Coin) else strike(p.struck or p.design, p.side, p.seed, 320)
        rgb = shade(coin, station.light.turned(-p.turn_deg), _lean(p), bow=float(rng.uniform(0.02, 0.07)))
        if station.look > 1 and rng.uniform() < 0.3:
            rgb = rgb * (1 - float(rng.uniform(0.06, 0.22)) * fingerprint(rng, rgb.shape[0]))[..., None]
        alpha = coin.alpha
        rgb = rgb * float(np.exp(rng.normal(0, 0.04)))
    else:
        rgb = np.power(p.rgba[..., :3].astype(np.float32) / 255, 2.2)
        alpha = p.rgba[..., 3].astype(np.float32) / 255
        n = rgb.shape[0]
        glare = 0
        if station.look > 1:
            rgb = handled(rgb, rng)
            glare = relief_glare(rgb, station.light.turned(-p.turn_deg), _lean(p), rng)[..., None]
        c = (np.arange(n, dtype=np.float32) - n / 2) / n
        a = np.radians(station.light.lamps[0].azimuth_deg - p.turn_deg)
        ramp = 1 + 0.35 * station.light.lamps[0].power * (np.cos(a) * c[None, :] + np.sin(a) * c[:, None])
        rgb = rgb * ramp[..., None] * (float(np.exp(rng.normal(0, 0.08))) * 0.95)
        if station.look > 1:
            rgb = rgb + glare
        elif rng.uniform() < 0.25:  # glare on one part
            gx, gy, gs = rng.uniform(-0.35, 0.35), rng.uniform(-0.35, 0.35), rng.uniform(0.08, 0.22)
            rgb = rgb + (np.exp(-((c[None, :] - gx) ** 2 + (c[:, None] - gy) ** 2) / (2 * gs * gs)) * rng.uniform(0.05, 0.35))[..., None]
        rgb = rgb * np.array(station.light.tint, np.float32)
    n = rgb.shape[0]
    small = int(np.clip(round(px * 1.15), 24, n))
    if small < n:
        rgb, alpha = cv2.resize(rgb, (small, small), interpolation=cv2.INTER_AREA), cv2.resize(alpha, (small, small), interpolation=cv2.INTER_AREA)
    return rgb.astype(np.float32), alpha.astype(np.float32)


def paint(station, pieces, rng, labels=None):
    """Linear picture of the station with the pieces in it, not yet through its lens. Sets each piece's `visible`.

    `labels`: height×width zeros that get each pixel's piece, by its number in `pieces`, from 1; as the lens shows it.
    """
    image = station.bottom.copy()
    h, w = image.shape[:2]
    u = station.px_per_mm
    main = station.light.lamps[0]
    covers = []
    for p in sorted(pieces, key=lambda q: q.level):
        rgb, alpha = _look(p, station, rng)
        m, at = _matrix(p, station, rgb.shape[0])
        reach = int(p.diameter_mm * u * 0.5 + 9 * u)
        x0, y0 = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
        x1, y1 = min(w, int(at[0]) + reach + 1), min(h, int(at[1]) + reach + 1)
        if x1 - x0 < 4 or y1 - y0 < 4:
            continue
        full = np.hstack([m, (at - (x0, y0) - m @ np.full(2, rgb.shape[0] / 2 - 0.5))[:, None]])
        box = (x1 - x0, y1 - y0)
        a = np.clip(cv2.warpAffine(alpha, full, box, flags=cv2.INTER_LINEAR), 0, 1)
        colour = cv2.warpAffine(rgb, full, box, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        part = image[y0:y1, x0:x1]
        # shadows: one per lamp, away from it by the coin's height; and the dark line where it touches
        height = (2.2 + 2.0 * p.level) * u
        shade_map = np.ones(a.shape, np.float32)
        for lamp in station.light.lamps:
            az, el = np.radians(lamp.azimuth_deg), np.radians(lamp.elevation_deg)
            off = height / np.tan(el)
            share = lamp.power * np.sin(el) / (station.light.dome + sum(l.power * np.sin(np.radians(l.elevation_deg)) for l in station.light.lamps))
            for part_of, strength in ((0.3, 0.55), (0.75, 0.6)):
                shift = np.float32([[1, 0, -np.cos(az) * off * part_of], [0, 1, -np.sin(az) * off * part_of]])
                soft = cv2.GaussianBlur(cv2.warpAffine(a, shift, box), (0, 0), max(0.8, height * (0.08 + 0.7 * lamp.size) * part_of))
                shade_map *= 1 - 0.9 * share * strength * soft
        touch = cv2.GaussianBlur(a, (0, 0), max(0.6, 0.45 * u))
        shade_map *= 1 - 0.5 * touch
        part *= shade_map[..., None]
        light_here = station.lit[y0:y1, x0:x1][..., None]
        a3 = a[..., None]
        part *= 1 - a3
        part += colour * (0.25 + 0.75 * light_here) * a3
        solid = np.zeros((h, w), bool)
        solid[y0:y1, x0:x1] = a > 0.5
        for q, mask in covers:
            seen = np.count_nonzero(mask)
            mask &= ~solid
            q.visible *= np.count_nonzero(mask) / max(1, seen)
        covers.append((p, solid))
        if labels is not None:
            labels[solid] = 1 + next(i for i, q in enumerate(pieces) if q is p)
    if labels is not None and station.lens:
        labels[:] = station.lens.bent_labels(labels)
    if station.light.lamps and main.power > 0:
        np.clip(image, 0, None, out=image)
    return image


def where(p, station):
    """The middle of the piece in the picture, px."""
    _, at = _matrix(p, station, 1)
    return at if station.lens is None else station.lens.forward(at[None])[0]


def outline(p, station):
    """The piece's ellipse (cx, cy, major, minor, angle in degrees) and box (x, y, w, h), px."""
    m, at = _matrix(p, station, 1)
    r = lambda v: round(float(v), 2)
    if station.lens:
        points = rim(station.lens, at, m / 2)
        (cx, cy), (first, second), angle = cv2.fitEllipse(points.astype(np.float32))
        if first < second:
            first, second, angle = second, first, angle + 90
        low, high = points.min(0), points.max(0)
        return [r(cx), r(cy), r(first), r(second), r(angle % 180)], [r(low[0]), r(low[1]), r(high[0] - low[0]), r(high[1] - low[1])]
    d = p.diameter_mm * station.px_per_mm * (1 + 0.006 * p.level)
    minor = d * np.cos(np.radians(p.tilt_deg))
    t = np.radians(p.tilt_axis_deg)
    bw = 2 * np.sqrt((d / 2 * np.cos(t)) ** 2 + (minor / 2 * np.sin(t)) ** 2)
    bh = 2 * np.sqrt((d / 2 * np.sin(t)) ** 2 + (minor / 2 * np.cos(t)) ** 2)
    return [r(at[0]), r(at[1]), r(d), r(minor), r(p.tilt_axis_deg % 180)], [r(at[0] - bw / 2), r(at[1] - bh / 2), r(bw), r(bh)]

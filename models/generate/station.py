"""A station: one round cup seen from above, its bottom, table, light and camera. Everything but the coins.

Light is linear RGB; 1.0 is a white bottom under this light. Lengths in mm from the cup's centre.

Look 1 is the pictures that the shipped networks were trained and measured on; look 2 adds a lens that is not perfect, more materials,
stains, cameras that deliver YUYV, drifting white balance and flicker. Look 1 never changes: the same seed, the same bytes.
"""
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .lens import random_lens
from .strike import Light, random_light

FELTS = ((0.05, 0.16, 0.09), (0.04, 0.06, 0.16), (0.20, 0.04, 0.05), (0.16, 0.16, 0.17), (0.04, 0.04, 0.045), (0.30, 0.24, 0.17))
PLASTICS = ((0.80, 0.80, 0.78), (0.42, 0.44, 0.46), (0.07, 0.18, 0.38), (0.05, 0.05, 0.055), (0.55, 0.50, 0.42), (0.45, 0.09, 0.07), (0.10, 0.32, 0.26))
PAPERS = ((0.82, 0.81, 0.78), (0.74, 0.68, 0.56), (0.60, 0.64, 0.68), (0.50, 0.42, 0.30))
WOODS = ((0.38, 0.22, 0.11), (0.52, 0.36, 0.20), (0.20, 0.11, 0.06), (0.60, 0.47, 0.30))
MATERIALS = ("felt", "wood", "plastic", "metal", "paper", "rubber")
MORE_MATERIALS = (*MATERIALS, "cork", "cloth", "turned")   # look 2
WALLS = ("plastic", "plastic", "metal", "wood", "paper", "felt")
LOOKS = (1, 2)
YUYV_SHARE = 0.4


def _noise(rng, h, w, cell):
    """Smooth noise with features of about `cell` px; standard deviation about 0.6."""
    gh, gw = int(h / cell) + 4, int(w / cell) + 4
    return cv2.resize(rng.normal(0, 1, (gh, gw)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC if cell > 1.5 else cv2.INTER_LINEAR)


def surface(rng, kind, h, w, px_per_mm):
    """Albedo of a material, h×w×3 linear."""
    u = px_per_mm
    pick = lambda table: np.array(table[int(rng.integers(len(table)))], np.float32) * (1 + rng.normal(0, 0.12) + rng.normal(0, 0.025, 3)).astype(np.float32)
    if kind == "felt":
        base = pick(FELTS)
        t = 0.16 * _noise(rng, h, w, max(1.2, 0.25 * u)) + 0.10 * _noise(rng, h, w, 1.0 * u) + 0.05 * _noise(rng, h, w, 9 * u)
        t = t + 0.10 * _noise(rng, h, w, 1.0)
    elif kind == "wood":
        base = pick(WOODS)
        warp = _noise(rng, h, w, 40 * u) * 6
        y = np.arange(h, dtype=np.float32)[:, None] / u + warp
        rings = np.sin(y * 1.1 + 1.5 * _noise(rng, h, w, 25 * u))
        streak = cv2.resize(rng.normal(0, 1, (h, max(8, int(w / (30 * u))))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        t = 0.10 * rings + 0.08 * streak + 0.04 * _noise(rng, h, w, max(1.2, 0.3 * u))
    elif kind == "metal":
        base = np.array([0.42, 0.42, 0.43], np.float32) * rng.uniform(0.7, 1.25)
        streak = cv2.resize(rng.normal(0, 1, (h, max(8, int(w / (60 * u))))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        t = 0.07 * streak + 0.03 * _noise(rng, h, w, 1.0) + 0.05 * _noise(rng, h, w, 60 * u)
    elif kind == "paper":
        base = pick(PAPERS)
        t = 0.015 * _noise(rng, h, w, 1.0) + 0.02 * _noise(rng, h, w, 0.8 * u) + 0.02 * _noise(rng, h, w, 20 * u)
    elif kind == "cork":
        base = np.array([0.42, 0.25, 0.13], np.float32) * rng.uniform(0.8, 1.3)
        grains = _noise(rng, h, w, 1.8 * u)
        t = 0.10 * grains - 0.5 * np.clip(_noise(rng, h, w, 1.1 * u) - 1.0, 0, 1) + 0.06 * _noise(rng, h, w, max(1.2, 0.3 * u))
    elif kind == "cloth":
        base = pick(FELTS + PAPERS[:2])
        yarn = 2 * np.pi / (rng.uniform(0.7, 1.3) * u)
        gx, gy = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
        gx, gy = gx + 1.5 * _noise(rng, h, w, 12 * u), gy + 1.5 * _noise(rng, h, w, 12 * u)
        t = 0.12 * np.sin(gx * yarn) * np.sin(gy * yarn) + 0.08 * _noise(rng, h, w, max(1.2, 0.4 * u)) + 0.05 * _noise(rng, h, w, 20 * u)
    elif kind == "turned":  # a metal bottom from the lathe: fine rings, and the two bright fans that they throw
        base = np.array([0.44, 0.44, 0.45], np.float32) * rng.uniform(0.7, 1.2)
        gx, gy = np.meshgrid(np.arange(w, dtype=np.float32) - w / 2, np.arange(h, dtype=np.float32) - h / 2)
        far = np.hypot(gx, gy) / u
        ring = np.interp(far, np.arange(0, far.max() + 1, 0.25), rng.normal(0, 1, len(np.arange(0, far.max() + 1, 0.25)))).astype(np.float32)
        fans = np.cos(2 * (np.arctan2(gy, gx) - rng.uniform(0, np.pi)))
        t = 0.06 * ring + 0.22 * np.clip(fans, 0, 1) ** 3 + 0.04 * _noise(rng, h, w, 40 * u)
    elif kind == "rubber":
        base = np.full(3, rng.uniform(0.025, 0.07), np.float32)
        t = 0.10 * _noise(rng, h, w, max(1.2, 0.3 * u)) + 0.06 * _noise(rng, h, w, 15 * u)
    else:
        base = pick(PLASTICS)
        t = 0.008 * _noise(rng, h, w, 1.0) + 0.015 * _noise(rng, h, w, 0.5 * u) + 0.02 * _noise(rng, h, w, 30 * u)
    return np.clip(base * (1 + t)[..., None], 0.005, 0.95).astype(np.float32)


def stains(rng, h, w, px_per_mm):
    """h×w, about 1: what use leaves on a bottom: a few smears, rings where coins lay, crumbs and lint."""
    u = px_per_mm
    out = 1 - rng.uniform(0, 0.18) * np.clip(_noise(rng, h, w, 14 * u) - 0.5, 0, 1)
    for _ in range(int(rng.poisson(1.5))):  # the print of a coin that lay there
        at, mm = (rng.uniform(0, w), rng.uniform(0, h)), rng.uniform(8, 17)
        ring = np.zeros((h, w), np.float32)
        cv2.circle(ring, (int(at[0]), int(at[1])), int(mm * u), 1.0, max(1, int(0.5 * u)), cv2.LINE_AA)
        out *= 1 + rng.uniform(-0.10, 0.08) * cv2.GaussianBlur(ring, (0, 0), 0.35 * u)
    for _ in range(int(rng.poisson(9))):
        at, size = (int(rng.uniform(0, w)), int(rng.uniform(0, h))), rng.uniform(0.15, 0.6) * u
        spot = np.zeros((h, w), np.float32)
        if rng.uniform() < 0.6:
            cv2.circle(spot, at, max(1, int(size)), 1.0, -1, cv2.LINE_AA)
        else:  # lint
            a = rng.uniform(0, 360)
            cv2.ellipse(spot, at, (max(2, int(size * 6)), max(2, int(size * 3))), a, 0, float(rng.uniform(40, 160)), 1.0, 1, cv2.LINE_AA)
        out *= 1 + rng.choice([-0.5, 0.6]) * spot
    return np.clip(out, 0.3, 1.8).astype(np.float32)


@dataclass
class Station:
    seed: int
    width: int
    height: int
    px_per_mm: float
    light: Light
    centre_px: tuple
    radius_mm: float
    bottom: np.ndarray   # height×width×3, lit, linear
    lit: np.ndarray      # height×width: how much of the nominal light arrives, about 1
    exposure: float
    vignette: float
    noise: float
    focus_px: float
    gain: np.ndarray     # white balance
    quality: int
    look: int = 1
    lens: object = None    # a Lens in look 2
    yuyv: bool = False     # frames come as 4:2:2
    drift: float = 0.0     # how far white balance wanders from frame to frame (standard deviation of a channel's gain)
    flicker: float = 0.0   # of the lamp's light, ± this share


def _smooth(x):
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def make_station(seed, width=1280, height=960, px_per_mm=7.0, radius_mm=None, material=None, light=None, table=False, look=1):
    """`table`: no cup at all, things lie on a table (detector training)."""
    rng = np.random.default_rng([seed, 17])
    light = light or replace(random_light(rng), dome=float(rng.uniform(0.4, 0.75)))
    u = px_per_mm
    fit = min(width, height) / u / 2
    radius = radius_mm or float(np.clip(rng.uniform(0.80, 0.92) * fit, 25, 66))
    cx = width / 2 + rng.normal(0, 0.012 * width)
    cy = height / 2 + rng.normal(0, 0.008 * height)
    xs, ys = (np.arange(width, dtype=np.float32) - cx) / u, (np.arange(height, dtype=np.float32) - cy) / u
    x, y = np.meshgrid(xs, ys)
    r, phi = np.hypot(x, y), np.arctan2(y, x)
    main = light.lamps[0]
    a, e = np.radians(main.azimuth_deg), np.radians(main.elevation_deg)
    ux, uy = float(np.cos(a)), float(np.sin(a))
    total = light.dome + sum(l.power * np.sin(np.radians(l.elevation_deg)) for l in light.lamps)
    direct = main.power * np.sin(e) / total
    fall = 1 + float(rng.uniform(0.0005, 0.0016)) * (x * ux + y * uy)
    materials = MATERIALS if look == 1 else MORE_MATERIALS
    desks = [m for m in materials if m != "turned"]   # nobody turns a table
    kind = material or str(rng.choice(materials))
    bottom = surface(rng, kind, height, width, u)
    if look > 1 and rng.uniform() < 0.6:
        bottom = np.clip(bottom * stains(rng, height, width, u)[..., None], 0.005, 0.95)
    if table:
        lit = fall.astype(np.float32)
        for _ in range(int(rng.integers(0, 3))):  # the edge of something else on the table
            t, off = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.0) * fit
            beyond = (np.cos(t) * x + np.sin(t) * y) > off
            bottom[beyond] = surface(rng, str(rng.choice(desks)), height, width, u)[beyond]
            lit = lit * (1 - 0.4 * np.exp(-np.abs(np.cos(t) * x + np.sin(t) * y - off) / 3))
        radius = fit * 1.6
    else:
        wall, lip, high = float(rng.uniform(5, 9)), float(rng.uniform(1.6, 2.6)), float(rng.uniform(10, 26))
        top = radius + wall
        reach = high / np.tan(e)
        gap = np.hypot(x + ux * reach, y + uy * reach) - top
        soft = 3 + 26 * main.size
        shadow = 1 - _smooth((gap + soft / 2) / soft)
        corner = 1 - 0.42 * np.exp(-np.clip(radius - r, 0, None) / 3.5)
        lit = (fall * (1 - direct * 0.85 * (1 - shadow)) * corner).astype(np.float32)
        if look == 1:
            wallcolour = np.array(PLASTICS[int(rng.integers(len(PLASTICS)))], np.float32)
        else:
            wallcolour = surface(rng, str(rng.choice(WALLS)), height, width, u)
        facing = -np.cos(phi - a)
        rise = np.clip((r - radius) / wall, 0, 1)
        walllight = (0.34 + 0.30 * rise + direct * 0.55 * np.clip(facing, 0, 1) * (0.5 + 0.5 * rise) + 0.05 * _noise(rng, height, width, 30 * u)) * fall
        walllight += 0.22 * np.exp(-((facing - 0.75) / 0.12) ** 2) * rise * direct
        liplight = (0.72 + 0.45 * np.cos(phi - a) * np.clip(1 - 2 * np.abs((r - top) / lip - 0.5), -1, 1) + 0.25 * np.exp(-((np.cos(phi - a) - 0.8) / 0.2) ** 2)) * fall
        desk = surface(rng, str(rng.choice(desks)), height, width, u)
        out = top + lip
        cast = np.hypot(x + ux * reach * 0.9, y + uy * reach * 0.9) - out
        desklight = fall * (1 - direct * 0.7 * (1 - _smooth((cast + soft / 2) / soft))) * (1 - 0.45 * np.exp(-np.clip(r - out, 0, None) / 4))
        blend = lambda edge: np.clip((r - edge) * u + 0.5, 0, 1)[..., None]
        image = bottom * lit[..., None]
        if kind in ("plastic", "metal"):  # a soft mirror of the lamp in a glossy bottom
            far = np.hypot(x - ux * radius * 0.55, y - uy * radius * 0.55)
            image = image + (0.10 * direct * np.exp(-((far / (radius * 0.42)) ** 2)))[..., None]
        image = image * (1 - blend(radius)) + wallcolour * walllight[..., None] * blend(radius)
        image = image * (1 - blend(top)) + wallcolour * liplight[..., None] * blend(top)
        image = image * (1 - blend(out)) + desk * desklight[..., None] * blend(out)
    if table:
        image = bottom * lit[..., None]
    mean = float(np.clip(image.mean(), 0.03, 0.6))
    own = np.random.default_rng([seed, 18])
    more = {} if look == 1 else dict(
        look=look, lens=random_lens(own, u, (cx, cy), width, height), yuyv=bool(own.uniform() < YUYV_SHARE),
        drift=float(own.uniform(0.002, 0.015)), flicker=float(own.uniform(0.0, 0.03)) if own.uniform() < 0.5 else 0.0)
    return Station(seed, width, height, u, light, (float(cx), float(cy)), radius, (image * np.array(light.tint, np.float32)).astype(np.float32), lit,
                   exposure=float(np.clip((0.30 / mean) ** 0.35, 0.75, 1.5)), vignette=float(rng.uniform(0.05, 0.28)), noise=float(rng.uniform(0.8, 2.4)),
                   focus_px=float(rng.uniform(0.3, 0.8)) * u / 7, gain=(1 + rng.normal(0, 0.03, 3)).astype(np.float32), quality=int(rng.integers(86, 95)), **more)


"""One rendered coin: a die's relief, worn, scratched and toned by its seed, shaded under a scene's lamps.

Shading: a metal shows its surroundings. The environment is a dome with soft lamps, seen through the surface's normals at two
roughnesses (Blinn-Phong lobes), plus the radial flow lines of a struck field, which give the turning light of a fresh coin.
"""
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from .designs import BY_ID, die

# Reflectance, linear RGB, of clean metal; roughly Lagarde's and Hoffman's tables, dulled.
METALS = {"silver": (0.86, 0.85, 0.82), "nickel": (0.66, 0.62, 0.57), "copper": (0.78, 0.43, 0.29), "brass": (0.80, 0.64, 0.34), "gold": (0.92, 0.70, 0.28)}


@dataclass(frozen=True)
class Lamp:
    azimuth_deg: float
    elevation_deg: float
    power: float
    size: float


@dataclass(frozen=True)
class Light:
    """Azimuth: direction towards the lamp in the picture, 0 = right, 90 = down. `dome`: the even light from everywhere."""
    lamps: tuple
    dome: float = 0.5
    tint: tuple = (1.0, 1.0, 1.0)

    def turned(self, deg):
        return Light(tuple(Lamp(l.azimuth_deg + deg, l.elevation_deg, l.power, l.size) for l in self.lamps), self.dome, self.tint)


def random_light(rng, soft=1.0):
    main = Lamp(float(rng.uniform(0, 360)), float(rng.uniform(35, 70)), float(rng.uniform(0.7, 1.3)), float(rng.uniform(0.12, 0.35)) * soft)
    lamps = [main]
    if rng.uniform() < 0.6:
        lamps.append(Lamp(main.azimuth_deg + float(rng.uniform(70, 200)), float(rng.uniform(30, 70)), float(rng.uniform(0.15, 0.5)), float(rng.uniform(0.2, 0.5)) * soft))
    warm = float(rng.normal(0, 0.05))
    return Light(tuple(lamps), float(rng.uniform(0.35, 0.7)), (1 + warm, 1.0, 1 - warm))


def _noise(rng, size, cells):
    grid = rng.normal(0, 1, (cells + 3, cells + 3)).astype(np.float32)
    return cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)


@lru_cache(maxsize=64)
def _disc_grid(size):
    c = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (size / 2)
    x, y = np.meshgrid(c, c)
    return x, y, np.hypot(x, y), np.arctan2(y, x)


@dataclass
class Coin:
    """Surface of one coin: normals (size×size×3), albedo (size×size×3, linear), gloss 0..1 (size×size), alpha."""
    normal: np.ndarray
    albedo: np.ndarray
    gloss: np.ndarray
    cavity: np.ndarray
    alpha: np.ndarray
    lustre: float


def strike(design, side_name, seed, size=320):
    """A coin's one side. The same seed gives the same wear and metal on both sides."""
    design = BY_ID[design] if isinstance(design, str) else design
    both = np.random.default_rng([seed, sum(map(ord, design.id))])
    wear = float(np.clip(both.beta(1.3, 2.6) * 1.1, 0, 0.85))
    age = float(both.beta(1.4, 2.2))
    own = np.random.default_rng([seed, sum(map(ord, design.id)), 1 if side_name == "obverse" else 2])
    x, y, r, phi = _disc_grid(size)
    h = die(design.side(side_name), size) * float(own.uniform(0.85, 1.12))
    # the die wanders a little, and no two coins are struck quite alike
    m = np.array([[1 + own.normal(0, 0.003), own.normal(0, 0.003), own.normal(0, size * 0.004)], [own.normal(0, 0.003), 1 + own.normal(0, 0.003), own.normal(0, size * 0.004)]], np.float32)
    m[:, 2] += (size / 2) * (1 - m[:, 0] - m[:, 1])
    inner = cv2.warpAffine(h, m, (size, size), borderMode=cv2.BORDER_REPLICATE)
    h = np.where(r < 0.93, inner, h)
    top = 3.4 - 2.4 * wear
    worn = np.clip(h - top, 0, None)
    h = np.where(h > top, top + worn * (1 - wear) ** 2 * 0.5, h)
    if wear > 0.12:
        h = cv2.GaussianBlur(h, (0, 0), size / 320 * 1.8 * wear)
    h = h + (0.03 * _noise(own, size, 60) + 0.02 * _noise(own, size, 130)) * (0.4 + wear) + 0.10 * _noise(own, size, 14) * wear
    scratch = np.zeros((size, size), np.float32)
    for _ in range(int(own.poisson(3 + 14 * wear))):
        a = own.uniform(0, 2 * np.pi)
        p = own.uniform(-0.8, 0.8, 2)
        q = p + np.array([np.cos(a), np.sin(a)]) * own.exponential(0.16)
        to = lambda v: tuple(int(k * 16) for k in (v + 1) * size / 2)
        cv2.line(scratch, to(p), to(q), float(own.uniform(0.1, 0.5)), 1, cv2.LINE_AA, 4)
    for _ in range(int(own.poisson(4 + 8 * wear))):
        p = (own.uniform(-0.85, 0.85, 2) + 1) * size / 2
        cv2.circle(scratch, (int(p[0]), int(p[1])), max(1, int(own.uniform(0.6, 2.2) * size / 320)), float(own.uniform(0.1, 0.4)), -1, cv2.LINE_AA)
    h = h - scratch
    if design.core:
        h = h - 0.8 * np.exp(-(((r - 0.70) / 0.008) ** 2))
    edge = np.clip((r - 0.975) / 0.025, 0, 1)
    h = h - 2.2 * edge**2
    h = h.astype(np.float32)
    # heights are hundredths of the radius: 1 unit = size/200 px; a low relief shows best a little exaggerated
    k = 2.3 * size / 200
    gx, gy = cv2.Sobel(h, cv2.CV_32F, 1, 0, ksize=3) / 8 * k, cv2.Sobel(h, cv2.CV_32F, 0, 1, ksize=3) / 8 * k
    n = np.dstack([-gx, -gy, np.ones_like(h)])
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    low = cv2.GaussianBlur(h, (0, 0), size * 0.018)
    cavity = np.clip((low - h) / 1.1, 0, 1)
    high = np.clip((h - low) / 1.1, 0, 1)

    def metal(name):
        base = np.array(METALS[name], np.float32)
        return base * (1 + both.normal(0, 0.03, 3).astype(np.float32))
    albedo = np.broadcast_to(metal(design.metal), (size, size, 3)).copy()
    if design.core:
        albedo[r < 0.70] = metal(design.core)
    # toning: warm and dark in the recesses and towards the rim, rubbed off the high points
    cloud = _noise(own, size, 4) * 0.3 + _noise(own, size, 9) * 0.15 + _noise(own, size, 40) * 0.08
    tone = np.clip(age * (0.25 + 0.75 * np.clip(cloud + 0.3, 0, 1.3)) + 0.45 * age * np.clip(r - 0.55, 0, 1), 0, 1)
    tone = np.clip(tone + cavity * (0.6 + 0.6 * age) - high * 0.35 * (0.3 + wear), 0, 1)[..., None]
    name = design.metal
    if name in ("silver", "nickel"):
        hue = [np.array([0.50, 0.42, 0.33]), np.array([0.36, 0.36, 0.38]), np.array([0.40, 0.42, 0.52]), np.array([0.58, 0.40, 0.24])][int(both.integers(0, 4))]
    elif name == "copper":
        hue = [np.array([0.26, 0.14, 0.09]), np.array([0.34, 0.18, 0.11]), np.array([0.24, 0.20, 0.13])][int(both.integers(0, 3))]
        tone = np.clip(tone * 1.25 + 0.12, 0, 1)
    else:
        hue = [np.array([0.42, 0.28, 0.12]), np.array([0.38, 0.32, 0.16])][int(both.integers(0, 2))]
    albedo = albedo * (1 - 0.85 * tone) + hue.astype(np.float32) * 0.85 * tone
    if name == "copper" and both.uniform() < 0.3:
        green = np.clip(_noise(own, size, 9) - 1.3, 0, 1)[..., None] * (0.3 + cavity[..., None])
        albedo = albedo * (1 - green) + np.array([0.22, 0.36, 0.28], np.float32) * green
    gloss = np.clip(0.75 - 0.55 * wear - 0.45 * tone[..., 0] + 0.25 * high * wear, 0.05, 0.95)
    alpha = np.clip((1 - r) * size / 2 + 0.5, 0, 1)
    return Coin(n.astype(np.float32), albedo.astype(np.float32), gloss.astype(np.float32), cavity.astype(np.float32), alpha.astype(np.float32), float(max(0.0, 0.75 - 1.6 * wear) * (1 - 0.5 * age)))


def shade(coin, light, lean=(0.0, 0.0), bow=0.0):
    """Linear RGB, size×size×3, of the coin under this light (in the coin's own frame: turn the light by −rotation).

    `lean`: how far the whole coin's normal is off the line of sight (its tilt, its place in the picture), `bow`: how far it turns
    over the coin's radius; both in radians. They make one coin glint and its neighbour not.
    """
    size = coin.normal.shape[0]
    x, y, r, phi = _disc_grid(size)
    n = coin.normal
    if bow or any(lean):
        n = n + np.dstack([lean[0] + bow * x, lean[1] + bow * y, np.zeros_like(x)]).astype(np.float32)
    # a tilted mirror looks past the bright dome at the dark horizon
    ambient = light.dome * (0.18 + 0.82 * n[..., 2] ** 5) * (1 - 0.7 * coin.cavity)
    diffuse = np.zeros_like(r)
    spec = np.zeros_like(r)
    fresh = np.zeros_like(r)
    for lamp in light.lamps:
        a, e = np.radians(lamp.azimuth_deg), np.radians(lamp.elevation_deg)
        l = np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)], np.float32)
        half = l + np.array([0, 0, 1], np.float32)
        half /= np.linalg.norm(half)
        ndl = np.clip(n @ l, 0, 1)
        ndh = np.clip(n @ half, 0, 1)
        diffuse += lamp.power * ndl * 0.75
        wide = np.exp((ndh - 1) / (0.035 + 0.10 * lamp.size))
        tight = np.exp((ndh - 1) / (0.008 + 0.03 * lamp.size))
        spec += lamp.power * (0.55 * wide + 0.65 * coin.gloss * tight)
        d = np.sin(phi - a)
        fresh += lamp.power * np.exp(-((d / (0.28 + 0.5 * lamp.size)) ** 2)) * np.clip(r * 1.6, 0, 1)
    flow = coin.lustre * fresh * np.clip((n[..., 2] - 0.9) * 10, 0, 1) * 0.55
    body = ambient * 0.62 + diffuse * 0.26 + spec * (0.16 + 0.34 * coin.gloss) + flow * 0.8
    rgb = coin.albedo * body[..., None] + (spec * coin.gloss * 0.10)[..., None]
    return (rgb * np.array(light.tint, np.float32)).astype(np.float32)


def encode(linear, exposure=1.0):
    """Linear light to 8-bit sRGB with a soft shoulder, so that highlights roll off as in a camera."""
    v = np.clip(linear * exposure, 0, None)
    bright = v > 0.7
    v[bright] = 0.7 + 0.3 * (1 - np.exp(-(v[bright] - 0.7) / 0.3))
    return np.clip(255 * np.power(v, 1 / 2.2) + 0.5, 0, 255).astype(np.uint8)

"""What hands and years leave on a photographed coin, mild enough that it stays the same coin: toning, dirt, fingerprints, scratches.

Also a guess of its relief. A photograph has no heights; its brightness is taken for them, which is right about where edges run and
wrong about which side is up. That is enough for a glare that follows the relief.
"""
import cv2
import numpy as np

TONES = ((0.80, 0.62, 0.38), (0.62, 0.60, 0.66), (0.70, 0.52, 0.34), (0.48, 0.46, 0.44), (0.60, 0.68, 0.60))
DIRT = (0.10, 0.08, 0.06)


def _grid(size):
    c = (np.arange(size, dtype=np.float32) - (size - 1) / 2) / (size / 2)
    x, y = np.meshgrid(c, c)
    return x, y, np.hypot(x, y)


def _noise(rng, size, cells):
    return cv2.resize(rng.normal(0, 1, (cells + 3, cells + 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)


def guessed_normals(rgb):
    """size×size×3 unit normals of a linear picture: height ∝ its blurred brightness."""
    size = rgb.shape[0]
    light = cv2.GaussianBlur(np.sqrt(np.clip(rgb.mean(2), 0, 1)), (0, 0), max(0.8, size / 160))
    light = light - cv2.GaussianBlur(light, (0, 0), size / 14)   # its own broad light is not relief
    k = 0.05 * size
    gx, gy = cv2.Sobel(light, cv2.CV_32F, 1, 0, ksize=3) / 8 * k, cv2.Sobel(light, cv2.CV_32F, 0, 1, ksize=3) / 8 * k
    # the cut's edge is no relief
    _, _, r = _grid(size)
    inside = np.clip((0.95 - r) / 0.05, 0, 1)
    n = np.dstack([-gx * inside, -gy * inside, np.ones_like(gx)])
    return (n / np.linalg.norm(n, axis=2, keepdims=True)).astype(np.float32)


def fingerprint(rng, size):
    """size×size, 0..1: the ridges of a finger pressed somewhere on the coin."""
    x, y, _ = _grid(size)
    a, at = rng.uniform(0, np.pi), rng.uniform(-0.5, 0.5, 2)
    u, v = (x - at[0]) * np.cos(a) + (y - at[1]) * np.sin(a), -(x - at[0]) * np.sin(a) + (y - at[1]) * np.cos(a)
    loops = np.hypot(u * 0.75, v) + 0.03 * _noise(rng, size, 6) + 0.25 * np.maximum(0, u) ** 2
    ridges = 0.5 + 0.5 * np.sin(loops * rng.uniform(55, 85))
    pad = np.exp(-((u / 0.62) ** 2 + (v / 0.42) ** 2) ** 2)
    return (ridges * pad * np.clip(0.7 + 0.5 * _noise(rng, size, 8), 0, 1)).astype(np.float32)


def scratches(rng, size, mean):
    """size×size, 0..1: thin lines."""
    out = np.zeros((size, size), np.float32)
    for _ in range(int(rng.poisson(mean))):
        a, p = rng.uniform(0, 2 * np.pi), rng.uniform(-0.75, 0.75, 2)
        q = p + np.array([np.cos(a), np.sin(a)]) * min(0.9, rng.exponential(0.25))
        to = lambda v: tuple(int(k * 16) for k in (v + 1) * size / 2)
        cv2.line(out, to(p), to(q), float(rng.uniform(0.3, 1)), 1, cv2.LINE_AA, 4)
    return out


def handled(rgb, rng):
    """The linear picture of a coin, more used than it was. About one in four stays as it is."""
    size = rgb.shape[0]
    if rng.uniform() < 0.25:
        return rgb
    _, _, r = _grid(size)
    grey = rgb.mean(2)
    low = cv2.GaussianBlur(grey, (0, 0), size * 0.02)
    recess = np.clip((low - grey) / (low + 0.05) * 2.5, 0, 1)    # what is darker than its surroundings holds dirt
    if rng.uniform() < 0.55:  # toning: a film of one colour, thicker towards the rim and in clouds
        hue = np.array(TONES[int(rng.integers(len(TONES)))], np.float32)
        film = np.clip(rng.beta(1.2, 3) * (0.5 + 0.5 * _noise(rng, size, 4) + 0.8 * np.clip(r - 0.5, 0, 1)), 0, 0.6)[..., None]
        rgb = rgb * (1 - film + film * hue)
    if rng.uniform() < 0.5:  # dirt: in the recesses, and as smears
        smear = np.clip(_noise(rng, size, 7) - 1.1, 0, 1) * 0.5
        cover = np.clip(rng.uniform(0.1, 0.5) * recess + smear * rng.uniform(0.2, 0.8), 0, 0.6)[..., None]
        rgb = rgb * (1 - cover) + np.array(DIRT, np.float32) * cover
    if rng.uniform() < 0.35:  # grease takes the shine, ridge by ridge
        rgb = rgb * (1 - rng.uniform(0.08, 0.25) * fingerprint(rng, size))[..., None]
    if rng.uniform() < 0.5:  # a scratch: bright on one lip, dark on the other
        lines = scratches(rng, size, 4)
        dark = cv2.warpAffine(lines, np.float32([[1, 0, 0.8], [0, 1, 0.8]]), (size, size))
        rgb = rgb * (1 - 0.3 * dark)[..., None] + (0.14 * lines * np.clip(grey * 2, 0.2, 1))[..., None]
    return np.clip(rgb, 0, None).astype(np.float32)


def relief_glare(rgb, light, lean, rng):
    """Light that the guessed relief throws back under these lamps (turned into the coin's frame), size×size, linear.

    Half the coins lie so that a lamp's mirror stands near them: there a soft patch flashes up, brighter on the slopes that face it.
    """
    size = rgb.shape[0]
    x, y, r = _grid(size)
    n = guessed_normals(rgb)
    if rng.uniform() < 0.5:
        bow = float(rng.uniform(0.05, 0.20))
    else:
        bow = float(rng.uniform(0.0, 0.05))
    n = n + np.dstack([lean[0] + bow * x, lean[1] + bow * y, np.zeros_like(x)]).astype(np.float32)
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    out = np.zeros((size, size), np.float32)
    for lamp in light.lamps:
        a, e = np.radians(lamp.azimuth_deg), np.radians(lamp.elevation_deg)
        half = np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e) + 1], np.float32)
        half /= np.linalg.norm(half)
        facing = np.clip(n @ half, 0, 1)
        flat = half[2]
        lobe = np.exp((facing - 1) / (0.02 + 0.08 * lamp.size)) - 0.6 * np.exp((flat - 1) / (0.02 + 0.08 * lamp.size))
        out += lamp.power * np.clip(lobe, 0, None)
    return out * (float(rng.uniform(0.06, 0.40)) * np.clip(0.3 + 1.2 * rgb.mean(2), 0, 1))

"""Round things that are no coin of any known design, drawn: crown caps, washers, buttons, blank discs, tokens."""
import cv2
import numpy as np

from .compose import Piece
from .designs import Design, Side
from .relief import Relief
from .strike import METALS, Coin, strike

SIZE = 288
PAINTS = ((0.62, 0.05, 0.05), (0.05, 0.22, 0.10), (0.06, 0.10, 0.42), (0.70, 0.52, 0.08), (0.75, 0.74, 0.70), (0.05, 0.05, 0.05))
WORDS = ("BRAU", "COLA", "LIMO", "ALE", "FIZZ", "STOUT", "TONIC", "PORTER")


def _grid():
    c = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) / (SIZE / 2)
    x, y = np.meshgrid(c, c)
    return x, y, np.hypot(x, y), np.arctan2(y, x)


def _coin(height, albedo, gloss, alpha):
    gx, gy = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) / 8, cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) / 8
    n = np.dstack([-gx, -gy, np.ones_like(height)]).astype(np.float32)
    n /= np.linalg.norm(n, axis=2, keepdims=True)
    return Coin(n, albedo.astype(np.float32), np.full(height.shape, gloss, np.float32), np.zeros_like(height), alpha.astype(np.float32), 0.0)


def crown_cap(rng):
    """A crown cap from above: painted top, crimped skirt with 21 teeth."""
    x, y, r, phi = _grid()
    edge = 0.955 + 0.035 * np.cos(21 * phi)
    alpha = np.clip((edge - r) * SIZE / 2 + 0.5, 0, 1)
    paint, ink = (np.array(PAINTS[i], np.float32) for i in rng.choice(len(PAINTS), 2, replace=False))
    skirt = np.clip((r - 0.80) / 0.15, 0, 1)
    height = 9 * (1 - skirt**1.5) + 3.0 * np.cos(21 * phi) * skirt
    albedo = np.broadcast_to(paint, (SIZE, SIZE, 3)).copy()
    m = Relief(SIZE)
    m.text(str(rng.choice(WORDS)), 0, 0.02, 0.42, 1.0, "sans")
    m.ring(0.70, 0.03, 1.0)
    for k in range(2):
        m.line([[-0.45, 0.3 * (2 * k - 1)], [0.45, 0.3 * (2 * k - 1)]], 0.04, 1.0)
    print_ = np.clip(m.height * 3, 0, 1)[..., None]
    albedo = albedo * (1 - print_) + ink * print_
    bare = np.clip((r - 0.90) / 0.04, 0, 1)[..., None]
    albedo = albedo * (1 - 0.8 * bare) + np.array([0.5, 0.5, 0.5], np.float32) * 0.8 * bare
    return _coin(height.astype(np.float32), albedo, 0.55, alpha), "cap"


def washer(rng):
    x, y, r, phi = _grid()
    hole = float(rng.uniform(0.35, 0.52))
    alpha = np.clip((1 - r) * SIZE / 2 + 0.5, 0, 1) * np.clip((r - hole) * SIZE / 2 + 0.5, 0, 1)
    height = -4 * np.clip((r - 0.96) / 0.04, 0, 1) ** 2 - 4 * np.clip((hole + 0.04 - r) / 0.04, 0, 1) ** 2
    height = height + 0.05 * cv2.resize(rng.normal(0, 1, (SIZE, 12)).astype(np.float32), (SIZE, SIZE))
    albedo = np.full((SIZE, SIZE, 3), rng.uniform(0.5, 0.75), np.float32) * np.array([1, 0.99, 0.97], np.float32)
    return _coin(height.astype(np.float32), albedo, 0.6, alpha), "washer"


def button(rng):
    x, y, r, phi = _grid()
    alpha = np.clip((1 - r) * SIZE / 2 + 0.5, 0, 1)
    paint = np.array(PAINTS[int(rng.integers(len(PAINTS)))], np.float32)
    height = 5 * np.exp(-(((r - 0.82) / 0.13) ** 2)) - 5 * np.clip((r - 0.95) / 0.05, 0, 1) ** 2
    albedo = np.broadcast_to(paint, (SIZE, SIZE, 3)).copy()
    for a in (45, 135, 225, 315):
        q = np.hypot(x - 0.24 * np.cos(np.radians(a)), y - 0.24 * np.sin(np.radians(a)))
        inside = np.clip((0.10 - q) * SIZE / 2 + 0.5, 0, 1)
        albedo *= (1 - 0.92 * inside)[..., None]
        height = height - 3 * np.exp(-((q / 0.13) ** 2))
    return _coin(height.astype(np.float32), albedo, 0.5, alpha), "button"


def blank(rng):
    """A planchet: a disc of coin metal with a raised edge, tumbled and handled, that was never struck."""
    x, y, r, phi = _grid()
    alpha = np.clip((1 - r) * SIZE / 2 + 0.5, 0, 1)
    fine = rng.normal(0, 1, (SIZE // 2, SIZE // 2)).astype(np.float32)
    height = 1.6 * np.clip((r - 0.90) / 0.05, 0, 1) - 3.5 * np.clip((r - 0.965) / 0.035, 0, 1) ** 2 + 0.06 * cv2.resize(fine, (SIZE, SIZE))
    for _ in range(int(rng.integers(4, 16))):  # nicks of the tumbling
        a, p = rng.uniform(0, 2 * np.pi), (rng.uniform(-0.8, 0.8, 2) + 1) * SIZE / 2
        q = p + np.array([np.cos(a), np.sin(a)]) * rng.exponential(0.12) * SIZE / 2
        nick = cv2.line(np.zeros((SIZE, SIZE), np.float32), tuple(int(v) for v in p), tuple(int(v) for v in q), 1.0, 1, cv2.LINE_AA)
        height = height - float(rng.uniform(0.2, 0.7)) * nick
    cloud = cv2.resize(rng.normal(0, 1, (7, 7)).astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    metal = np.array(METALS[str(rng.choice(list(METALS)))], np.float32) * float(rng.uniform(0.75, 1))
    return _coin(height.astype(np.float32), np.clip(1 + 0.06 * cloud, 0, 1.15)[..., None] * metal, float(rng.uniform(0.3, 0.7)), alpha), "blank"


def token(rng):
    """A struck disc that is money nowhere: words, a number, a small picture, now and then a hole."""
    pick = lambda *of: str(rng.choice(of))
    side = Side(pick("star", "crown", "bell", "anchor", "wreath"), int(rng.integers(1 << 30)), float(rng.uniform(0.22, 0.3)), 0, 0.32,
                top=pick("GOOD FOR ONE", "CAR WASH", "ARCADE", "TURNSTILE", "LAUNDRY"), bottom=pick("NO CASH VALUE", "RIDE", "TOKEN", "PLAY"),
                centre=pick("1", "2", "A", "XX", "50"), centre_size=float(rng.uniform(0.45, 0.6)), centre_y=-0.2, font=pick("sans", "condensed"),
                border=pick("plain", "beads"), frame=pick("", "ring"))
    coin = strike(Design("token", "Token", 0.0, pick("brass", "nickel", "copper"), side, side), "obverse", int(rng.integers(1 << 20)), SIZE)
    if rng.uniform() < 0.3:
        x, y, r, phi = _grid()
        coin.alpha = coin.alpha * np.clip((np.hypot(x, y - 0.05) - 0.1) * SIZE / 2 + 0.5, 0, 1).astype(np.float32)
    return coin, "token"


def random_foreign(seed, near_mm, rng):
    """One foreign object, its own size or (half the time) the coins' size."""
    own = np.random.default_rng([seed, 41])
    make, mm = ((crown_cap, 29.0), (washer, float(own.uniform(18, 30))), (button, float(own.uniform(15, 25))))[int(own.choice(3, p=[0.6, 0.25, 0.15]))]
    return foreign_piece(make, seed, mm if rng.uniform() < 0.5 else near_mm)


def foreign_piece(make, seed, diameter_mm):
    surface, name = make(np.random.default_rng([seed, 43]))
    return Piece(f"{name}-{seed}", f"{name}-{seed}", "", "foreign", diameter_mm, struck=surface)

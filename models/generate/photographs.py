"""The photographs of coins and foreign objects, each cut to its outline.

Where they lie: the environment variable CUPCHECK_DATA (the folder with index.csv). They are never copied into this project.
"""
import csv
import hashlib
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np


FLAT = 3  # a US coin of a grade below it is worn flat


@dataclass(frozen=True)
class Photograph:
    file: str
    set: str
    design: str
    side: str
    coin: str
    split: str


def _bucket(text, n):
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % n


def grade(coin):
    """The grade of wear, 1 to 70, that a US coin's name ends in; None where it has none."""
    found = re.search(r"-(\d{1,2})$", coin or "")
    return int(found.group(1)) if found and 1 <= int(found.group(1)) <= 70 else None


def is_flat(coin):
    """Worn until, often, nothing can be told from what is left (decision 0131)."""
    worn = grade(coin)
    return worn is not None and worn < FLAT


def purpose(photo):
    """train, choosing or flat, for a photograph of the split `train`: one US coin in twelve and one world design in twelve are held back; flat coins teach nothing."""
    if photo.set == "world":
        return "choosing" if _bucket("held " + photo.design, 12) == 0 else "train"
    if photo.set == "us-types" and is_flat(photo.coin):
        return "flat"
    return "choosing" if _bucket(photo.coin, 12) == 0 else "train"


def split_of(photo):
    """The split that a photograph serves in: the index's, with the part held back to choose with apart."""
    return purpose(photo) if photo.split == "train" else photo.split


def data_dir():
    """The data folder, or None where the variable is not set."""
    path = os.environ.get("CUPCHECK_DATA")
    if not path:
        return None
    if not (Path(path) / "index.csv").is_file():
        raise SystemExit(f"CUPCHECK_DATA is {path!r}, which has no index.csv: point it to the data folder")
    return Path(path)


@lru_cache(maxsize=1)
def index():
    root = data_dir()
    if root is None:
        return ()
    out = []
    with open(root / "index.csv", newline="") as f:
        for r in csv.DictReader(f):
            if r["set"] in ("us-types", "world", "foreign"):
                coin = r["photo"] if r["set"] == "us-types" else f"{r['set']}-{r['photo']}"
                out.append(Photograph(r["file"], r["set"], r["design"] or "cap", r["side"], coin, r["split"]))
    return tuple(out)


@lru_cache(maxsize=1)
def diameters_mm():
    root = data_dir()
    if root is None:
        return {}
    with open(root / "us-types" / "diameters.csv", newline="") as f:
        return {r["design"]: float(r["diameter_mm"]) for r in csv.DictReader(f)}


def find_disc(bgr, strip_px=0):
    """(cx, cy, radius) px of the one coin that fills most of the picture, or None.

    The background is what the border looks like; the coin is what differs from it. `strip_px`: columns at the right to ignore.
    """
    h, w = bgr.shape[:2]
    wide = w - strip_px
    lab = cv2.cvtColor(bgr[:, :wide], cv2.COLOR_BGR2LAB).astype(np.float32)
    k = max(3, min(h, wide) // 16)
    corners = np.concatenate([c.reshape(-1, 3) for c in (lab[:k, :k], lab[:k, -k:], lab[-k:, :k], lab[-k:, -k:])])
    back = np.median(corners, 0)
    spread = np.median(np.linalg.norm(corners - back, axis=1))
    mask = (np.linalg.norm(lab - back, axis=2) > max(14.0, 3.5 * spread)).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    found = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if not found:
        return None
    hull = cv2.convexHull(max(found, key=cv2.contourArea))
    area = cv2.contourArea(hull)
    x, y, bw, bh = cv2.boundingRect(hull)
    r = np.sqrt(area / np.pi)
    m = cv2.moments(hull)
    if r < 0.3 * min(h, w) or not 0.9 < bw / bh < 1.11 or abs(2 * r / ((bw + bh) / 2) - 1) > 0.035:
        return None
    return float(m["m10"] / m["m00"]), float(m["m01"] / m["m00"]), float(r)


def cut_disc(bgr, disc, size, shrink=0.985):
    """(BGR size×size×3, alpha size×size, 0 to 255) of the coin at (cx, cy, radius) px. `shrink`: the outermost pixels mix with the background."""
    cx, cy, r = disc
    k = size / (2 * r * shrink)
    m = np.array([[k, 0, size / 2 - 0.5 - k * cx], [0, k, size / 2 - 0.5 - k * cy]])
    out = cv2.warpAffine(bgr, m, (size, size), flags=cv2.INTER_AREA if k < 1 else cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.clip(255 * ((size / 2 - np.hypot(*np.meshgrid(np.arange(size) - size / 2 + 0.5, np.arange(size) - size / 2 + 0.5))) + 0.5), 0, 255)
    return out, alpha


def cut(photo, size):
    """RGBA, size×size uint8: the coin turned into a disc that fills the picture, its alpha the disc; None where no one coin is found."""
    bgr = cv2.imread(str(data_dir() / photo.file), cv2.IMREAD_COLOR)
    if bgr is None:
        raise SystemExit(f"{photo.file}: no readable picture")
    h, w = bgr.shape[:2]
    if max(h, w) / min(h, w) > 1.25:
        return None
    disc = find_disc(bgr, 9 if photo.set == "world" else 0)
    if disc is None or (photo.set == "us-types" and not 0.93 < 2 * disc[2] / min(h, w) < 1.02):
        if photo.set == "world":
            return None
        disc = (w / 2 - 0.5, h / 2 - 0.5, 0.485 * min(h, w))
    out, alpha = cut_disc(bgr, disc, size, shrink=0.985 if photo.set != "foreign" else 1.0)
    if photo.set == "foreign":  # a cap's edge is a crown: cut to what differs from the background
        lab = cv2.cvtColor(out, cv2.COLOR_BGR2LAB).astype(np.float32)
        k = size // 16
        back = np.median(np.concatenate([c.reshape(-1, 3) for c in (lab[:k, :k], lab[:k, -k:], lab[-k:, :k], lab[-k:, -k:])]), 0)
        near = np.hypot(*np.meshgrid(np.arange(size) - size / 2 + 0.5, np.arange(size) - size / 2 + 0.5)) < size * 0.44
        own = (near | (np.linalg.norm(lab - back, axis=2) > 22)).astype(np.uint8) * 255
        alpha = np.minimum(cv2.GaussianBlur(own, (0, 0), 0.8), np.clip(alpha, 0, 255))
    return np.dstack([out[..., ::-1], alpha.astype(np.uint8)])

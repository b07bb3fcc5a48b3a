"""Scenes that the detector learns from: cups and tables with anything round in them, composed at 640×480 and halved.

Never the photographed scenes: those are for testing. Cached as uint8.
"""
import argparse
import os
from multiprocessing import Pool

import cv2
import numpy as np

from generate.camera import expose
from generate.compose import Piece, lay_out, outline, paint, stack
from generate.station import LOOKS, make_station
from .items_data import TRAINING_LOOK, cache_dir, training_set

INPUT_H, INPUT_W, STRIDE = 240, 320, 4
GRID_H, GRID_W = INPUT_H // STRIDE, INPUT_W // STRIDE
SIZE_UNIT = 64.0
MAX_ITEMS = 48
_shared = {}


def letterbox(rgb):
    """uint8 RGB of any size → 240×320×3, scaled by area to fit, at the top left, the rest 127; and the scale."""
    h, w = rgb.shape[:2]
    k = min(INPUT_W / w, INPUT_H / h)
    nw, nh = max(1, round(w * k)), max(1, round(h * k))
    small = cv2.resize(rgb, (nw, nh), interpolation=cv2.INTER_AREA)
    out = np.full((INPUT_H, INPUT_W, 3), 127, np.uint8)
    out[:nh, :nw] = small
    return out, k


def _scene(job):
    """(picture 240×320×3, boxes M×5: cx, cy, w, h in input px, visible share; mask 60×80 uint8)"""
    seed, split, look = job
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, 61])
    entries, pictures = _shared["set"]
    members = _shared[split]
    portrait = rng.uniform() < 0.3
    w, h = (480, 640) if portrait else (640, 480)
    table = rng.uniform() < 0.35
    u = float(rng.uniform(1.6, 4.5))
    half = min(w, h) / u / 2
    radius = None if table else float(np.clip(rng.uniform(0.55, 0.92) * half, 22, 90))
    station = make_station(int(rng.integers(1 << 31)), w, h, u, radius_mm=radius, table=table, look=look)
    room = np.hypot(w, h) / u / 2 if table else station.radius_mm
    many = int(rng.integers(0, 21))
    one = rng.uniform() < 0.4
    pieces, mm = [], float(rng.uniform(15, 40))
    for i in range(many):
        k = int(rng.choice(members))
        e = entries[k]
        d = mm if one else float(rng.uniform(15, 40))
        pieces.append(Piece(str(i), e.design, e.side, e.set, d, pictures[k]))
    area = sum((p.diameter_mm / 2) ** 2 for p in pieces)
    while pieces and area > 0.45 * (min(room, half * 1.2)) ** 2:
        area -= (pieces.pop().diameter_mm / 2) ** 2
    while pieces and not lay_out(pieces, room, rng, gap_mm=float(rng.choice([0.0, 0.2, 0.8, 3.0])), tries=1500):
        pieces.pop()
    for p in pieces:
        p.tilt_deg = float(abs(rng.normal(0, 4 if table else 2)))
    if len(pieces) > 1 and rng.uniform() < 0.3:
        for _ in range(int(rng.integers(1, 3))):
            i = int(rng.integers(len(pieces)))
            pieces.append(pieces.pop(i))
            stack(pieces, room, rng)
    linear = paint(station, pieces, rng)
    picture = expose(linear, station, rng, defocus_px=float(rng.uniform(0, 0.8)), dim=float(np.exp(rng.normal(0, 0.35))))
    small, k = letterbox(picture)
    mask = np.zeros((h, w), np.uint8)
    boxes = []
    for p in pieces:
        (cx, cy, major, minor, angle), (bx, by, bw, bh) = outline(p, station)
        cv2.ellipse(mask, (int(cx), int(cy)), (int(major / 2), int(minor / 2)), angle, 0, 360, 255, -1)
        inside = max(0, min(bx + bw, w) - max(bx, 0)) * max(0, min(by + bh, h) - max(by, 0)) / max(1.0, bw * bh)
        boxes.append([cx * k, cy * k, bw * k, bh * k, p.visible * inside])
    m, _ = letterbox(np.dstack([mask] * 3))
    m[int(round(h * k)):] = 0
    m[:, int(round(w * k)):] = 0
    cells = cv2.resize(m[..., 0], (GRID_W, GRID_H), interpolation=cv2.INTER_AREA)
    return small, np.array(boxes, np.float32).reshape(-1, 5), cells


def scenes(count=3000, held=300, look=TRAINING_LOOK):
    """(pictures, boxes padded N×48×5 with counts, masks); the last `held` are made of held-back coins."""
    file = cache_dir() / ("detector.npz" if look == 1 else f"detector-look{look}.npz")
    if file.is_file():
        d = np.load(file)
        return d["pictures"], d["boxes"], d["counts"], d["masks"]
    entries, pictures = training_set()
    _shared["set"] = (entries, pictures)
    _shared["train"] = [i for i, e in enumerate(entries) if e.split == "train"]
    _shared["choosing"] = [i for i, e in enumerate(entries) if e.split == "choosing"]
    jobs = [(s, "train", look) for s in range(count)] + [(s, "choosing", look) for s in range(count, count + held)]
    out = []
    with Pool(2) as pool:  # forked, so that the pictures are shared
        for i, s in enumerate(pool.imap(_scene, jobs, chunksize=8)):
            out.append(s)
            if (i + 1) % 200 == 0:
                print(f"{i + 1}/{len(jobs)} scenes", flush=True)
    boxes = np.zeros((len(out), MAX_ITEMS, 5), np.float32)
    for i, s in enumerate(out):
        boxes[i, :len(s[1])] = s[1]
    counts = np.array([len(s[1]) for s in out])
    data = dict(pictures=np.stack([s[0] for s in out]), boxes=boxes, counts=counts, masks=np.stack([s[2] for s in out]))
    np.savez(file, **data)
    return data["pictures"], boxes, counts, data["masks"]


if __name__ == "__main__":
    os.nice(5)
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--look", type=int, default=TRAINING_LOOK, choices=LOOKS)
    scenes(look=args.parse_args().look)

"""Crops of training coins as cups deliver them: composed, photographed and cut by the generator that makes the test's cups.

    python3 -m train.composed        makes the two banks (training, choosing) in the cache, some minutes on two cores

A cut-out alone lacks what a cup does to a coin: the wall's shadow across it, its neighbours' shadows, the dark line around it,
the camera's exposure, noise and JPEG. Each crop is cut wide, so that turning, shifting and scaling are left to the training.
"""
import argparse
import time
from multiprocessing import Pool

import cv2
import numpy as np

from generate.camera import expose
from generate.compose import Piece, lay_out, paint, where
from generate.designs import struck_designs
from generate.station import LOOKS, make_station
from .items_data import TRAINING_LOOK, cache_dir, group_of, training_set

WIDE = 1.16          # side of a banked crop, in the coin's diameters
BANK_PX = 184
VIEWS = {"us-types": 5, "world": 1, "foreign": 1, "known": 1, "sister": 1, "random": 1}
RENDERED_SHARE = 0.5  # of the struck coins, the half is enough: they have light of their own in every crop
FULL = 0.42          # of the bottom's area
CUPS = 4             # a station
_shared = {}


def _piece(number, rng):
    e = _shared["entries"][number]
    mm = e.diameter_mm or float(rng.uniform(18, 34))
    if e.set == "rendered":
        return Piece(str(number), e.design, e.side, e.set, mm, seed=int(e.coin.rsplit("-", 1)[1]), struck=_shared["struck"][e.design])
    return Piece(str(number), e.design, e.side, e.set, mm, _shared["pictures"][number])


def wide_crop(rgb, x, y, diameter_px, px=BANK_PX, wide=WIDE):
    """px×px around a coin of the picture, `wide` of its diameters."""
    side = wide * diameter_px
    half = int(np.ceil(side / 2)) + 2
    patch = cv2.copyMakeBorder(rgb, half, half, half, half, cv2.BORDER_REPLICATE)[int(y):int(y) + 2 * half + 1, int(x):int(x) + 2 * half + 1]
    k = px / side
    if k < 1:  # least blur that keeps the sampling honest
        patch = cv2.GaussianBlur(patch, (0, 0), max(0.05, 0.35 * (1 / k - 0.6)))
    at = np.array([half + x - int(x), half + y - int(y)])
    m = np.hstack([np.eye(2) * k, (px / 2 - 0.5 - k * at)[:, None]])
    return cv2.warpAffine(patch, m, (px, px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _cups(job):
    """The cups of one station → [(entry, crop)]; entries that find no room are left out."""
    cv2.setNumThreads(1)
    seed, cups, radius_mm, px_per_mm, look = job
    rng = np.random.default_rng([seed, 41])
    station = make_station(seed, px_per_mm=px_per_mm, radius_mm=radius_mm, look=look)
    out = []
    for numbers in cups:
        pieces = [_piece(n, rng) for n in numbers]
        while pieces and not lay_out(pieces, station.radius_mm, rng, tries=1500):
            pieces.pop()
        rgb = expose(paint(station, pieces, rng), station, rng, dim=float(np.exp(rng.normal(0, 0.05))))
        rgb = cv2.imdecode(cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, station.quality])[1], cv2.IMREAD_COLOR)
        for p in pieces:
            x, y = where(p, station)
            out.append((int(p.coin), wide_crop(rgb, x, y, p.diameter_mm * px_per_mm)))
    return out


def _jobs(numbers, seed, look):
    """Entries dealt out to cups until each is full, `CUPS` of them a station."""
    rng = np.random.default_rng([seed, 43])
    entries, left, jobs = _shared["entries"], list(rng.permutation(numbers)), []
    while left:
        u = float(rng.uniform(5.8, 8.2))
        radius, cups = float(np.clip(rng.uniform(0.80, 0.92) * 480 / u, 25, 66)), []
        for _ in range(CUPS):
            row, area = [], 0.0
            while left:
                area += ((entries[left[-1]].diameter_mm or 30.0) / 2 + 0.25) ** 2
                if row and area > FULL * (radius - 0.6) ** 2:
                    break
                row.append(int(left.pop()))
            cups.append(row)
        jobs.append((seed * 1_000_003 + len(jobs), cups, radius, u, look))
    return jobs


def bank(split, seed, look=TRAINING_LOOK):
    """(entry numbers, crops N×BANK_PX×BANK_PX×3 uint8) of the coins of a split; cached."""
    stem = f"composed-{split}" if look == 1 else f"composed-look{look}-{split}"
    names = cache_dir() / f"{stem}-of.npy", cache_dir() / f"{stem}.npy"
    if names[1].is_file():
        return np.load(names[0]), np.load(names[1], mmap_mode="r")
    entries, pictures = training_set()
    _shared.update(entries=entries, pictures=pictures, struck=struck_designs())
    rng = np.random.default_rng([seed, 42])
    numbers = []
    for i, e in enumerate(entries):
        if e.split == split and not (e.set == "rendered" and rng.uniform() > RENDERED_SHARE):
            numbers += [i] * VIEWS[group_of(e)]
    jobs = _jobs(np.array(numbers), seed, look)
    start, found = time.time(), []
    with Pool(2) as workers:
        for k, part in enumerate(workers.imap(_cups, jobs)):
            found += part
            if (k + 1) % 20 == 0 or k + 1 == len(jobs):
                print(f"{split}: {k + 1}/{len(jobs)} stations, {len(found)} crops, {time.time() - start:.0f} s", flush=True)
    of, crops = np.array([f[0] for f in found]), np.stack([f[1] for f in found])
    np.save(names[0], of)
    np.save(names[1], crops)
    return of, crops


if __name__ == "__main__":
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--look", type=int, default=TRAINING_LOOK, choices=LOOKS)
    a = args.parse_args()
    bank("choosing", 2, a.look)
    bank("train", 1, a.look)

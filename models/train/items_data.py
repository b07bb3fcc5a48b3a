"""What the items network learns from: cut-outs of training coins and struck coins, cached once, and the batches drawn from them.

Held back from training, to choose with: one US coin in twelve, twelve world designs, and the last random designs.
"""
import os
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from generate.designs import KNOWN, RANDOM_HELD, RANDOM_SISTER_YEARS, RANDOM_TRAINED, SEED_SPLITS, random_designs, sisters, years_later
from generate.photographs import cut, diameters_mm, index, split_of
from generate.strike import encode, random_light, shade, strike
from .augment import augment, normalise, vary

CUT = 176
TRAINING_LOOK = 2  # of the cups that networks learn from (generate/station.py)
COINS_KNOWN, COINS_RANDOM, COINS_SISTER = 40, 8, 16


def cache_dir():
    path = Path(os.environ.get("CUPCHECK_CACHE", Path(__file__).resolve().parent.parent / ".cache"))
    path.mkdir(parents=True, exist_ok=True)
    return path


@dataclass(frozen=True)
class Entry:
    cls: str
    design: str
    side: str
    coin: str
    set: str
    split: str
    diameter_mm: float


def _cut_one(photo):
    cv2.setNumThreads(1)
    return cut(photo, CUT)


def _strike_one(job):
    cv2.setNumThreads(1)
    design, side, seed = job
    rng = np.random.default_rng([seed, 99])
    out = np.zeros((CUT, CUT, 4), np.uint8)
    coin = strike(design, side, seed, 288)
    rgb = encode(shade(coin, random_light(rng)), float(np.exp(rng.normal(0.0, 0.15))))
    out[..., :3] = cv2.resize(rgb, (CUT, CUT), interpolation=cv2.INTER_AREA)
    out[..., 3] = cv2.resize((coin.alpha * 255).astype(np.uint8), (CUT, CUT), interpolation=cv2.INTER_AREA)
    return out


def rendered_jobs(split_seeds, designs, coins):
    return [(d, s, split_seeds + k) for d in designs for s in ("obverse", "reverse") for k in range(coins)]


def photograph_entries(splits):
    """Cut-outs and entries of photographs in the given splits ("train" includes what is held back, marked "choosing")."""
    photos = [p for p in index() if p.split in splits]
    mm = diameters_mm()
    with Pool(2) as pool:
        cuts = pool.map(_cut_one, photos, chunksize=64)
    entries, pictures = [], []
    for p, c in zip(photos, cuts):
        if c is None:
            continue
        cls = f"{p.design}/{p.side}" if p.side else f"{p.set}:{p.design}"
        split = split_of(p)
        entries.append(Entry(cls, p.design, p.side, p.coin, p.set, split, mm.get(p.design, 0.0)))
        pictures.append(c)
    return entries, np.stack(pictures) if pictures else np.zeros((0, CUT, CUT, 4), np.uint8)


def sister_jobs(split):
    """Coins that differ from another class in their year alone, struck on the sides where it stands."""
    seed0 = SEED_SPLITS[split][0]
    jobs = [(d, s, seed0 + 500 + k) for _, d, sides in sisters(split) for s in sides for k in range(COINS_SISTER)]
    if split == "train":
        for d, sides in (years_later(r, RANDOM_SISTER_YEARS) for r in random_designs(RANDOM_TRAINED)):
            jobs += [(d, s, seed0 + 500 + k) for s in sides for k in range(COINS_RANDOM)]
    return jobs


def rendered_entries(split, jobs):
    with Pool(2) as pool:
        pictures = pool.map(_strike_one, jobs, chunksize=16)
    entries = [Entry(d.class_name(s), d.id, s, f"{d.id}-{seed}", "rendered", split, d.diameter_mm) for d, s, seed in jobs]
    return entries, np.stack(pictures)


def training_set():
    """(entries, pictures) for training and choosing; cached as one file, made again when it is missing."""
    file = cache_dir() / "items.npz"
    if file.is_file():
        data = np.load(file, allow_pickle=True)
        return list(data["entries"]), data["pictures"]
    randoms = random_designs(RANDOM_TRAINED + RANDOM_HELD)
    parts = [photograph_entries(("train",)), rendered_entries("train", rendered_jobs(0, KNOWN, COINS_KNOWN)),
             rendered_entries("train", rendered_jobs(0, randoms[:RANDOM_TRAINED], COINS_RANDOM)), rendered_entries("train", sister_jobs("train")),
             rendered_entries("choosing", rendered_jobs(1000, KNOWN, 8)), rendered_entries("choosing", rendered_jobs(1000, randoms[RANDOM_TRAINED:], 8)),
             rendered_entries("choosing", sister_jobs("choosing"))]
    entries = [e for p in parts for e in p[0]]
    pictures = np.concatenate([p[1] for p in parts])
    np.savez(file, entries=np.array(entries, dtype=object), pictures=pictures)
    return entries, pictures


KNOWN_IDS = {d.id for d in KNOWN}
# share of the classes in a batch
SHARES = {"us-types": 0.56, "world": 0.12, "known": 0.13, "sister": 0.07, "random": 0.09, "foreign": 0.03}
RIVALS = 8             # the likest other classes of a class, which its batches draw from
MET = 3                # of them in a batch beside it
SAME_SIZE_BONUS = 0.1  # cosine: among like classes, those of the same size meet sooner, for no ruler tells them apart
COMPOSED_SHARE = 0.6   # of the crops that a cup delivered, where there are such of a coin


def group_of(e):
    if e.set != "rendered":
        return e.set
    if e.design.startswith("random-"):
        return "random"
    return "known" if e.design in KNOWN_IDS else "sister"


def likest(means, diameters_mm):
    """C×RIVALS: by class, the classes most like it. `means`: C×D of length 1; `diameters_mm`: 0 = unknown."""
    like = means @ means.T
    close = (np.abs(diameters_mm[:, None] - diameters_mm[None, :]) < 1.5) & (diameters_mm[:, None] > 0) & (diameters_mm[None, :] > 0)
    like = like + SAME_SIZE_BONUS * close
    np.fill_diagonal(like, -np.inf)
    return np.argsort(-like, 1)[:, :RIVALS]


class Batches:
    """Batch i is a function of (seed, i) alone, so that a run can stop and go on.

    `rivals`: from `likest`, or None; with it, classes that are taken for one another meet in a batch.
    `composed`: (entry numbers, wide crops, their scale) of `train/composed.py`, or None.
    """

    def __init__(self, entries, pictures, classes, seed, per_batch=24, views=2, rivals=None, composed=None):
        self.pictures, self.seed, self.per_batch, self.views, self.rivals = pictures, seed, per_batch, views, rivals
        self.entries = entries
        self.by_class, self.groups, self.composed_of = {}, {}, {}
        number = {c: i for i, c in enumerate(classes)}
        for i, e in enumerate(entries):
            if e.split == "train":
                self.by_class.setdefault(number[e.cls], []).append(i)
        for c, members in self.by_class.items():
            self.groups.setdefault(group_of(entries[members[0]]), []).append(c)
        self.names = [g for g in SHARES if g in self.groups]
        share = np.array([SHARES[g] for g in self.names])
        self.share = share / share.sum()
        if composed is not None:
            of, self.wide, self.wide_scale = composed
            for k, i in enumerate(of):
                self.composed_of.setdefault(int(i), []).append(k)

    def _classes(self, rng):
        if self.rivals is None:
            chosen = []
            for g, n in zip(self.names, rng.multinomial(self.per_batch, self.share)):
                pool = self.groups[g]
                chosen += list(rng.choice(pool, min(n, len(pool)), replace=False))
            return chosen
        chosen = []
        while len(chosen) < self.per_batch:
            c = int(rng.choice(self.groups[self.names[int(rng.choice(len(self.names), p=self.share))]]))
            for one in (c, *rng.choice(self.rivals[c], MET, replace=False)):
                if int(one) not in chosen:
                    chosen.append(int(one))
        return chosen[:self.per_batch]

    def batch(self, i, px):
        """(crops N×3×P×P float32, class N, side N: 0, 1 or −1 unknown)"""
        rng = np.random.default_rng([self.seed, i])
        crops, labels, sides = [], [], []
        for c in self._classes(rng):
            members = self.by_class[c]
            for k in rng.choice(members, self.views, replace=len(members) < self.views):
                e = self.entries[k]
                composed = self.composed_of.get(int(k))
                if composed and rng.uniform() < COMPOSED_SHARE:
                    crops.append(vary(self.wide[int(rng.choice(composed))], self.wide_scale, px, rng))
                else:
                    mm = e.diameter_mm or rng.uniform(18, 34)
                    crops.append(augment(self.pictures[k], px, rng, mm * rng.uniform(5.0, 10.0)))
                labels.append(c)
                sides.append({"obverse": 0, "reverse": 1}.get(e.side, -1))
        return normalise(np.stack(crops)), np.array(labels), np.array(sides)

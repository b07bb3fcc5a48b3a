"""The coins of a folder of one's own photographs (`own/`), as a pool to fill cups from.

What no bundle knows are the folder's strangers; beside them drawn objects and drawn coins, of which none stands for a photograph.
"""
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

from .compose import Piece
from .designs import KNOWN, RANDOM_HELD, RANDOM_TRAINED, SEED_SPLITS, UNKNOWN, random_designs
from .foreign import random_foreign

CUTS, LIST = "cuts.npy", "coins.json"
PHOTOGRAPHED_SHARE = 0.75  # of the strangers, where the folder has some
SIDES = ("obverse", "reverse")


class FolderPool:
    pool = "folder"

    def __init__(self, split, folder):
        path = Path(folder or "") / LIST
        if not folder or not path.is_file():
            raise SystemExit(f"--folder is {str(folder)!r}, wanted the work folder of own.make, with its {LIST}")
        listed = json.loads(path.read_text())
        self.pictures = np.load(Path(folder) / CUTS, mmap_mode="r")
        self.first, self.last = SEED_SPLITS[split]
        self.table = {d["id"]: d for d in listed["designs"]}
        self.coins, self.strangers = defaultdict(lambda: defaultdict(list)), defaultdict(list)
        for row, c in enumerate(listed["coins"]):
            if c["part"] != split:
                continue
            if not c["design"]:
                self.strangers[c["coin"]].append(row)
            elif c["side"] not in self.shared_sides(c["design"]):  # a shared side tells nothing, and a cup of it is never green
                self.coins[c["design"]][c["coin"]].append((row, c["side"]))
        self.designs = sorted(self.coins)
        if len(self.designs) < 2:
            raise SystemExit(f"{path}: {len(self.designs)} designs have a coin of the part {split!r} with a side of its own, wanted 2 at least")
        # drawn coins to choose with are none of those to calibrate or test with
        self.drawn = random_designs(RANDOM_TRAINED + RANDOM_HELD)[RANDOM_TRAINED:] if split == "choosing" else KNOWN + UNKNOWN

    def diameter_mm(self, design):
        return self.table[design]["diameterMm"]

    def shared_sides(self, design):
        """Sides that it shares with another design of its size: no ruler and no picture tells them apart."""
        shown = lambda d, side: self.table[d]["same"].get(side, d)
        return [s for s in SIDES if any(o != design and shown(o, s) == shown(design, s) and self.diameter_mm(o) == self.diameter_mm(design) for o in self.table)]

    def size(self, design):
        return len(self.coins[design])

    def _piece(self, coin, design, row, side, set_, mm):
        return Piece(coin, design, side, set_, mm, np.array(self.pictures[row]))

    def draw(self, design, count, rng, side=None):
        coins, out = self.coins[design], []
        for c in rng.choice(sorted(coins), min(count, len(coins)), replace=False):
            row, shown = coins[c][int(rng.integers(len(coins[c])))]
            mm = self.diameter_mm(design) * float(1 + np.clip(rng.normal(0, 0.003), -0.008, 0.008))
            out.append(self._piece(str(c), design, row, "" if shown == "any" else shown, "own", mm))
        return out

    def draw_foreign(self, near_mm, rng):
        return random_foreign(int(rng.integers(self.first, self.last)), near_mm, rng)

    def draw_unknown(self, near_mm, count, rng):
        """Strangers near the wanted size. Photographs of strangers are of all sorts, so they are drawn one at a time."""
        if self.strangers and rng.uniform() < PHOTOGRAPHED_SHARE:
            chosen = rng.choice(sorted(self.strangers), min(count, len(self.strangers)), replace=False)
            row = lambda c: self.strangers[c][int(rng.integers(len(self.strangers[c])))]
            return [self._piece(str(c), str(c), row(str(c)), "", "stranger", near_mm * float(rng.uniform(0.97, 1.03))) for c in chosen]
        d = self.drawn[int(rng.integers(len(self.drawn)))]
        seeds = self.first + rng.choice(min(60, self.last - self.first), count, replace=False)
        mm = near_mm * float(rng.uniform(0.97, 1.03))
        return [Piece(f"{d.id}-{s}", d.id, str(rng.choice(SIDES)), "rendered", mm, seed=int(s), struck=d) for s in seeds]

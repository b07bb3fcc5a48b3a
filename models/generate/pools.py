"""Which coins a split has: photographs by design, struck coins by seed."""
from collections import defaultdict
from functools import lru_cache

import numpy as np

from .compose import Piece
from .designs import BY_ID, KNOWN, RANDOM_HELD, RANDOM_TRAINED, SEED_SPLITS, SISTER_YEARS, UNKNOWN, random_designs, sisters
from .photographs import cut, diameters_mm, index, split_of

CUT = 224
RENDERED_COINS = 60  # struck coins a design and split


@lru_cache(maxsize=3000)
def _cut(photo):
    return cut(photo, CUT)


class Photographs:
    """The US coins of one split, by design and coin; foreign objects and designs no bundle knows, for bad cups.

    `designs` have coins in the split; `orderable` are all that were trained, so that an order may name one that has none.
    """
    pool = "photographs"

    def __init__(self, split):
        mm = diameters_mm()
        self.coins = defaultdict(lambda: defaultdict(dict))
        self.foreign, world = [], []
        self.orderable = sorted({p.design for p in index() if p.set == "us-types" and p.split == "train"})
        self.unknown = defaultdict(lambda: defaultdict(dict))
        for p in index():
            where = split_of(p)
            if p.set == "us-types" and where == split:
                self.coins[p.design][p.coin][p.side] = p
            elif p.set == "us-types" and p.split == "test-design" and split == "test-photo":
                self.unknown[p.design][p.coin][p.side] = p
            elif p.set == "foreign" and (p.split == "test-photo" if split in ("test-photo", "test-design") else p.split == "train"):
                self.foreign.append(p)
            elif p.set == "world" and where == split:
                world.append(p)
        if not self.coins:
            raise SystemExit(f"no photographs of the split {split!r}: set CUPCHECK_DATA to the data folder, or use --source rendered")
        self.world, self.mm = world, mm
        # calibration must not see the bottle caps that the test sees: every other one of the training split's
        self.foreign = sorted(self.foreign, key=lambda p: p.file)
        if split == "calibration":
            self.foreign = self.foreign[::2]
        self.designs = sorted(self.coins)

    def diameter_mm(self, design):
        return self.mm[design]

    def shared_sides(self, design):
        return ()

    def sisters(self, design):
        return ()

    def size(self, design):
        return len(self.coins[design])

    def _piece(self, design, coin, sides, rng):
        names = sorted(s for s in sides if _cut(sides[s]) is not None)
        side = str(rng.choice(names))
        return Piece(coin, design, side, "us-types", self.mm[design] * float(1 + np.clip(rng.normal(0, 0.003), -0.008, 0.008)), _cut(sides[side]))

    def draw(self, design, count, rng, side=None):
        coins = self.coins[design]
        return [self._piece(design, c, coins[c], rng) for c in rng.choice(sorted(coins), min(count, len(coins)), replace=False)]

    def draw_foreign(self, near_mm, rng):
        for _ in range(20):
            p = self.foreign[int(rng.integers(len(self.foreign)))]
            if _cut(p) is not None:
                size = float(rng.uniform(27, 33)) if rng.uniform() < 0.5 else near_mm * float(rng.uniform(0.98, 1.02))
                return Piece(p.coin, p.coin, "", "foreign", size, _cut(p))
        raise SystemExit("no foreign object could be cut out of its photograph")

    def draw_unknown(self, near_mm, count, rng):
        """Coins of one design that no bundle knows, near the wanted size where there is a choice."""
        if self.unknown and rng.uniform() < 0.5:
            designs = sorted(self.unknown, key=lambda d: abs(self.mm[d] - near_mm) + rng.uniform(0, 4))
            coins = self.unknown[designs[0]]
            return [self._piece(designs[0], c, coins[c], rng) for c in rng.choice(sorted(coins), min(count, len(coins)), replace=False)]
        for _ in range(200):
            p = self.world[int(rng.integers(len(self.world)))]
            same = [q for q in self.world if q.design == p.design and _cut(q) is not None]
            if same:
                size = near_mm * float(rng.uniform(0.97, 1.03))
                chosen = rng.choice(len(same), min(count, len(same)), replace=False)
                return [Piece(same[i].coin, same[i].design, "", "world", size, _cut(same[i])) for i in chosen]
        raise SystemExit("no coin of an unknown design could be cut out of its photograph")


class Rendered:
    """Struck coins of one split: a coin is a seed."""
    pool = "rendered"

    def __init__(self, split):
        self.first, self.last = SEED_SPLITS[split]
        self.designs = self.orderable = [d.id for d in KNOWN]
        # what is chosen by strangers must not be chosen by those that calibration and test use
        self.strangers = {d.id: d for d in (random_designs(RANDOM_TRAINED + RANDOM_HELD)[RANDOM_TRAINED:] if split == "choosing" else UNKNOWN)}
        self._sisters = defaultdict(list)
        for known, sister, sides in sisters(split) if split in SISTER_YEARS else ():
            self._sisters[known.id].append((sister, sides))
        self._struck = BY_ID | {sister.id: sister for found in self._sisters.values() for sister, _ in found}

    def diameter_mm(self, design):
        return self._design(design).diameter_mm

    def _design(self, design):
        return self.strangers.get(design) or self._struck[design]

    def shared_sides(self, design):
        d = self._design(design)
        return [s for s in ("obverse", "reverse") if s in d.shared and d.family == "harbour"]

    def sisters(self, design):
        """[(sister of another year that no bundle knows, the sides that tell)]"""
        return self._sisters.get(design, [])

    def draw_sisters(self, design, count, rng):
        """Coins of one sister, with the year up."""
        sister, sides = self.sisters(design)[int(rng.integers(len(self.sisters(design))))]
        return self.draw(sister.id, count, rng, str(rng.choice(sides)))

    def size(self, design):
        return min(RENDERED_COINS, self.last - self.first)

    def draw(self, design, count, rng, side=None):
        d = self._design(design)
        seeds = self.first + rng.choice(self.size(design), count, replace=False)
        open_sides = [s for s in ("obverse", "reverse") if s not in self.shared_sides(design)]
        return [Piece(f"{design}-{s}", design, side or str(rng.choice(open_sides)), "rendered", d.diameter_mm * float(1 + np.clip(rng.normal(0, 0.003), -0.008, 0.008)), seed=int(s), struck=d)
                for s in seeds]

    def draw_foreign(self, near_mm, rng):
        from .foreign import random_foreign
        return random_foreign(int(rng.integers(self.first, self.last)), near_mm, rng)

    def draw_unknown(self, near_mm, count, rng):
        d = sorted(self.strangers.values(), key=lambda d: abs(d.diameter_mm - near_mm) + rng.uniform(0, 5))[0]
        return self.draw(d.id, count, rng)


POOLS = {"photographs": Photographs, "rendered": Rendered}

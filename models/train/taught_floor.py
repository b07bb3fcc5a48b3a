"""How alike an item must be to a design that was taught on the device before it counts as known.

Measured on designs that no training saw (`world`, split choosing): taught from some plain photographs each, as `cupcheck enrol add` does, and
asked with other coins' crops as cups deliver them (`train/composed.py`). An item is a stranger to all of these designs but its own.
"""
import cv2
import numpy as np

from item_study import embed_turned, seen_by_the_judge, similarity
from .augment import CROP_SCALE
from .composed import WIDE, bank
from .gallery import PX, embed_coins
from .items_data import training_set

TAUGHT = 4  # photographs a design, of both faces, for these photographs say no side; the rest is asked
STRANGER_QUANTILE = 0.98


def centre(wide, px=PX):
    """The middle of a banked crop, cut as a station cuts: px×px."""
    k = px / CROP_SCALE * WIDE / wide.shape[0]
    t = px / 2 - 0.5 - k * (wide.shape[0] / 2 - 0.5)
    return cv2.warpAffine(wide, np.array([[k, 0, t], [0, k, t]]), (px, px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def strangers_and_own(sims, truth):
    """(each item's best similarity to a design that is not its own, that to its own). `sims` N×D; `truth` N."""
    rows = np.arange(len(sims))
    others = sims.copy()
    others[rows, truth] = -1.0
    return others.max(1), sims[rows, truth]


def taught_floor(net, neighbours, seed=1):
    """{floor, rule and what it was taken from}"""
    entries, pictures = training_set()
    of, wide = bank("choosing", 2)
    crop_of = {int(i): n for n, i in enumerate(of)}
    held = sorted({e.design for e in entries if e.set == "world" and e.split == "choosing"})
    rng, vectors, of_design, asked, truth = np.random.default_rng(seed), [], [], [], []
    for number, design in enumerate(held):
        coins = rng.permutation([i for i, e in enumerate(entries) if e.set == "world" and e.split == "choosing" and e.design == design])
        taught = coins[:TAUGHT]
        vectors.append(embed_coins(net, [pictures[i] for i in taught], [entries[i] for i in taught]))
        of_design += [number] * len(taught)
        for i in coins[TAUGHT:]:
            if int(i) in crop_of:
                asked.append(centre(wide[crop_of[int(i)]]))
                truth.append(number)
    sims = similarity(np.concatenate(vectors), np.array(of_design), len(held), seen_by_the_judge(embed_turned(net, np.stack(asked))), neighbours)
    strange, own = strangers_and_own(sims, np.array(truth))
    floor = float(np.quantile(strange, STRANGER_QUANTILE))
    return {"floor": round(floor, 3), "designs": len(set(truth)), "items": len(asked), "ownBelow": round(float(np.mean(own < floor)), 4)}

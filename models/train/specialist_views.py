"""Crops of the confusable classes at 224 px: from the bank, of the gallery's photographs, and held-back ones as the station's outlines cut them."""
from collections import Counter
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from generate.photographs import cut, index
from .augment import CROP_SCALE, vary
from .composed import WIDE, bank, wide_crop
from .features import GALLERY_TURNS, both_ways, gallery_entries, kept, made_of, row_of, turned_crop
from .items_data import cache_dir, training_set

PX = 224
CUT = 288
VIEWS_A_SIDE = {"train": 1, "choosing": 2}  # the gallery's two turns come on top of the former
HELD_BACK_CUPS = "mixed-photographs"


@lru_cache(maxsize=1)
def large(numbers):
    """{entry number: CUT×CUT cut-out} of photographs."""
    entries, _ = training_set()
    photos = {(p.coin, p.side): p for p in index() if p.set == "us-types"}
    return {i: cut(photos[entries[i].coin, entries[i].side], CUT) for i in numbers}


def members(bundle, groups, split):
    """Entry numbers of photographs of the groups' classes."""
    wanted, (entries, _) = {c for g in groups for c in g}, training_set()
    return [i for i, e in enumerate(entries) if e.split == split and e.set == "us-types" and bundle.class_at.get((e.design, e.side)) in wanted]


def banked(network, bundle, groups, split, seed):
    """Some crops of each photograph of the groups' classes, from the bank that the items network has.

    The bank's 184 px for 1.16 diameters are 165 px for a crop: a coin that is larger in the picture is seen a little softer here than at a station.
    """
    def make():
        of, wide = bank(split, seed)
        mine, entries = set(members(bundle, groups, split)), training_set()[0]
        cv2.setNumThreads(1)
        rng, taken, jobs = np.random.default_rng([seed, 52]), Counter(), []
        for k, i in enumerate(of):
            if int(i) in mine and taken[int(i)] < VIEWS_A_SIDE[split]:
                taken[int(i)] += 1
                jobs.append(k)
        crops = [vary(wide[k], WIDE, PX, rng) for k in jobs]
        return *both_ways(network, crops, said=f"{split}, {PX} px"), [row_of(entries[of[k]]) for k in jobs]
    return make


def seen(network, bundle, groups, items):
    """The held-back items of the groups' classes, cut again from their cups' pictures by the outline that the station found."""
    def make():
        wanted, folder = {c for g in groups for c in g}, cache_dir() / HELD_BACK_CUPS
        rows = [r for r in items if r["pool"] == "seen-photographs" and bundle.class_at.get((r["design"], r["side"])) in wanted]
        crops = []
        for r in rows:
            rgb, o = cv2.imread(str(Path(folder) / r["cup"]), cv2.IMREAD_COLOR)[..., ::-1], r["outline"]
            crops.append(wide_crop(np.ascontiguousarray(rgb), o["cx"] - 0.5, o["cy"] - 0.5, o["major"], PX, CROP_SCALE))
        return *both_ways(network, crops, said=f"seen, {PX} px"), rows
    return make


def exemplars(network, bundle, groups):
    """The gallery's coins of the groups' classes, GALLERY_TURNS rows each."""
    def make():
        entries, _ = training_set()
        wanted = {c for g in groups for c in g}
        vectors = [(i, v) for i, v in zip(gallery_entries(bundle.manifest, entries), bundle.manifest["gallery"]["vectors"]) if v["class"] in wanted]
        pictures = large(tuple(sorted({i for i, _ in vectors})))
        crops = [turned_crop(pictures[i], entries[i].diameter_mm, t, PX) for i, _ in vectors for t in range(GALLERY_TURNS)]
        rows = [{**row_of(entries[i]), "class": v["class"]} for i, v in vectors for _ in range(GALLERY_TURNS)]
        return *both_ways(network, crops, said=f"gallery, {PX} px"), rows
    return make


def specialist_views(network, bundle, groups, items):
    """{train, choosing, seen, gallery}: Views at 224 px of the groups' classes. `items`: rows of the held-back items that the station saw."""
    made = {"gallery": exemplars(network, bundle, groups), "seen": seen(network, bundle, groups, items),
            "choosing": banked(network, bundle, groups, "choosing", 2), "train": banked(network, bundle, groups, "train", 1)}
    of = made_of(network, groups, [[r["cup"], r["outline"]] for r in items], bundle.manifest["gallery"]["vectors"])
    return {name: kept(f"specialist-{name}", of, make) for name, make in made.items()}

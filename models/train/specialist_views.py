"""Crops of the confusable classes at 224 px: photographs cut larger, laid into cups again; and held-back ones as the station's outlines cut them."""
import json
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from generate.photographs import cut, index
from .augment import CROP_SCALE, vary
from .composed import WIDE, delivered, wide_crop
from .features import GALLERY_TURNS, both_ways, gallery_entries, kept, row_of, turned_crop
from .items_data import cache_dir, training_set

PX = 224
CUT = 288
BANK_PX = 256    # 1.16 diameters, so that a crop of 1.04 has its 224 px
VIEWS_A_SIDE = 5
HELD_BACK_CUPS = "mixed-choosing"


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


def laid(net, bundle, groups, split, seed, variations):
    def make():
        entries, _ = training_set()
        numbers = members(bundle, groups, split)
        of, wide = delivered(entries, large(tuple(numbers)), numbers * VIEWS_A_SIDE, seed, f"{split}, {PX} px", BANK_PX)
        cv2.setNumThreads(1)
        rng = np.random.default_rng([seed, 52])
        jobs = [k for k in range(len(of)) for _ in range(variations)]
        crops = [vary(wide[k], WIDE, PX, rng) for k in jobs]
        return *both_ways(net, crops, said=f"{split}, {PX} px"), [row_of(entries[of[k]]) for k in jobs]
    return make


def seen(net, bundle, groups, items):
    """The held-back items of the groups' classes, cut again from their cups' pictures by the outline that the station found."""
    def make():
        wanted, folder = {c for g in groups for c in g}, cache_dir() / HELD_BACK_CUPS
        rows = [r for r in items if r["pool"] == "seen-photographs" and bundle.class_at.get((r["design"], r["side"])) in wanted]
        crops = []
        for r in rows:
            rgb, o = cv2.imread(str(Path(folder) / r["cup"]), cv2.IMREAD_COLOR)[..., ::-1], r["outline"]
            crops.append(wide_crop(np.ascontiguousarray(rgb), o["cx"] - 0.5, o["cy"] - 0.5, o["major"], PX, CROP_SCALE))
        return *both_ways(net, crops, said=f"seen, {PX} px"), rows
    return make


def exemplars(net, bundle, groups):
    """The gallery's coins of the groups' classes, GALLERY_TURNS rows each."""
    def make():
        entries, _ = training_set()
        wanted = {c for g in groups for c in g}
        vectors = [(i, v) for i, v in zip(gallery_entries(bundle.manifest, entries), bundle.manifest["gallery"]["vectors"]) if v["class"] in wanted]
        pictures = large(tuple(sorted({i for i, _ in vectors})))
        crops = [turned_crop(pictures[i], entries[i].diameter_mm, t, PX) for i, _ in vectors for t in range(GALLERY_TURNS)]
        rows = [{**row_of(entries[i]), "class": v["class"]} for i, v in vectors for _ in range(GALLERY_TURNS)]
        return *both_ways(net, crops, said=f"gallery, {PX} px"), rows
    return make


def specialist_views(net, bundle, groups, items):
    """{train, choosing, seen, gallery}: Views at 224 px of the groups' classes. `items`: rows of the held-back items that the station saw."""
    made = {"gallery": exemplars(net, bundle, groups), "seen": seen(net, bundle, groups, items),
            "choosing": laid(net, bundle, groups, "choosing", 12, 1), "train": laid(net, bundle, groups, "train", 11, 1)}
    return {name: kept(f"specialist-{name}", make) for name, make in made.items()}

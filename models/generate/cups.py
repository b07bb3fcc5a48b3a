"""Cups as a station sees them, with their truth: what `cupcheck evaluate` is fed.

    python3 -m generate.cups --out DIR --seed 1 --cups 1000 --split test-photo --source photographs

Writes DIR/*.jpg, one empty-cup picture a station, and DIR/truth.jsonl. The same arguments write the same cups.
"""
import argparse
import json
import time
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from .camera import expose, jpeg
from .compose import lay_out, outline, paint, stack
from .folder_pool import FolderPool
from .pools import POOLS
from .station import LOOKS, make_station

KINDS = {"clean": 0.50, "one_impostor": 1 / 3, "whole_wrong": 0.05, "foreign": 0.04, "unknown_design": 0.04, "overlap": 0.02, "wrong_count": 0.02}
# wrong_order: as whole_wrong, where the order may name a design that has no coin in the split
# other_year: unknown_design, where the stranger is a known design of another year, with the year up (struck coins only)
MORE_KINDS = ("blur", "dark", "empty", "shared_sides", "mixed", "wrong_order", "other_year")
SPECIAL = {"wrong_order": "whole_wrong", "other_year": "unknown_design"}  # what the truth calls them
SAME_SIZE_MM = 1.0
SAME_SIZE_SHARE = 0.7
MAX_ITEMS = 20
PALETTE = [0, 0, 0] + [int(c) for c in np.random.default_rng(0).integers(60, 256, 3 * 255)]


def room_for(diameter_mm, radius_mm):
    """How many coins of a size lie side by side at random without long searching."""
    return max(1, int(0.46 * (radius_mm - 0.6) ** 2 / (diameter_mm / 2 + 0.25) ** 2))


def other_design(pool, design, rng):
    """Another design: mostly one of the same size, which no ruler tells apart; else any."""
    others = [d for d in pool.designs if d != design]
    near = [d for d in others if abs(pool.diameter_mm(d) - pool.diameter_mm(design)) <= SAME_SIZE_MM]
    table = near if near and rng.uniform() < SAME_SIZE_SHARE else others
    return str(rng.choice(table))


def few(limit, rng):
    """As orders mostly are: rarely over ten."""
    return int(rng.integers(min(2, limit), min(limit, 10 if rng.uniform() < 0.8 else limit) + 1)) if limit > 1 else 1


def limit_of(kind, design, pool, radius_mm):
    """How many coins of a design there are and have room."""
    mm = pool.diameter_mm(design)
    return min(MAX_ITEMS, pool.size(design), room_for(max(mm, 29.0) if kind == "foreign" else mm, radius_mm))


def even(kind, designs, pool, radius_mm, rng):
    """(design, count): the count drawn evenly from 1 to 20, then a design with so many coins that have room; where none has, the most there are."""
    limits = {d: limit_of(kind, d, pool, radius_mm) for d in designs}
    count = min(int(rng.integers(1, MAX_ITEMS + 1)), max(limits.values()))
    return str(rng.choice([d for d in designs if limits[d] >= count])), count


# kinds that not every design can be in
NARROW = {"shared_sides": lambda pool, design: pool.shared_sides(design), "other_year": lambda pool, design: pool.sisters(design)}


def fill(kind, pool, radius_mm, rng, counts="few"):
    """(pieces, ordered design, ordered count, what the whole cup is) of a cup of this kind."""
    designs = pool.designs
    if kind in NARROW:
        designs = [d for d in designs if NARROW[kind](pool, d)]
        if not designs:
            raise SystemExit(f"--kinds {kind}: no {pool.pool} are for it")
    if counts == "even":
        design, count = even(kind, designs, pool, radius_mm, rng)
    else:
        design = str(rng.choice(pool.designs))
        if kind in NARROW:
            design = str(rng.choice(designs))
        count = few(limit_of(kind, design, pool, radius_mm), rng)
    mm = pool.diameter_mm(design)
    side = pool.shared_sides(design)[0] if kind == "shared_sides" else None
    if kind == "empty":
        return [], design, count, None
    if kind == "mixed":
        pieces = mixed(pool, radius_mm, rng)
        return pieces, design, len(pieces), None
    if kind == "wrong_order":
        design = str(rng.choice(pool.orderable))
        wrong = other_design(pool, design, rng)
        pieces = pool.draw(wrong, few(limit_of(kind, wrong, pool, radius_mm), rng), rng)
        return pieces, design, len(pieces), wrong
    if kind == "whole_wrong":
        wrong = other_design(pool, design, rng)
        n = min(count, pool.size(wrong), room_for(pool.diameter_mm(wrong), radius_mm))
        return pool.draw(wrong, n, rng), design, n, wrong
    if kind == "other_year":
        strange = count if rng.uniform() < 0.3 else 1
        return pool.draw(design, count - strange, rng) + pool.draw_sisters(design, strange, rng), design, count, None
    if kind == "unknown_design" and rng.uniform() < 0.5:
        pieces = pool.draw_unknown(mm, count, rng)
        return pieces, design, len(pieces), None
    pieces = pool.draw(design, count, rng, side)
    if kind == "one_impostor":
        return pieces[:-1] + pool.draw(other_design(pool, design, rng), 1, rng), design, len(pieces), None
    if kind == "foreign":
        return pieces[:-1] + [pool.draw_foreign(mm, rng)], design, len(pieces), None
    if kind == "unknown_design":
        return pieces[:-1] + pool.draw_unknown(mm, 1, rng), design, len(pieces), None
    if kind == "wrong_count":
        step = 1 if count == 1 or rng.uniform() < 0.5 else -1
        return pieces, design, count + step, design
    return pieces, design, len(pieces), design


def mixed(pool, radius_mm, rng):
    """As many things as have room, each of another design, one in five unknown or foreign: to measure single items, not cups."""
    pieces, area = [], 0.0
    for design in rng.permutation(pool.designs):
        mm = pool.diameter_mm(str(design))
        area += (mm / 2 + 0.25) ** 2
        if pieces and area > 0.44 * (radius_mm - 0.6) ** 2 or len(pieces) == MAX_ITEMS:
            break
        u = rng.uniform()
        pieces += [pool.draw_foreign(mm, rng)] if u < 0.05 else pool.draw_unknown(mm, 1, rng) if u < 0.2 else pool.draw(str(design), 1, rng)
    return pieces


def truth_line(name, kind, pieces, design, count, whole, station, reference):
    items = []
    for p in pieces:
        ellipse, box = outline(p, station)
        items.append({"box": box, "design": p.design, "side": p.side or None, "coin": p.coin, "set": p.set, "visible": round(p.visible, 3), "ellipse": ellipse})
    return {"image": name, "kind": kind, "design": whole, "expect": design, "count": count, "px_per_mm": station.px_per_mm, "reference": reference,
            "green_allowed": kind == "clean", "items": items}


def write_mask(labels, path):
    """An indexed PNG: 0 = no item, n = the n-th item of the truth's line, where it is seen. The colours are only to look at."""
    picture = Image.fromarray(labels, "P")
    picture.putpalette(PALETTE)
    picture.save(path)


def render_cup(out, name, kind, station, reference, pool, rng, counts="few", masks=False):
    for _ in range(30):
        pieces, design, count, whole = fill(kind, pool, station.radius_mm, rng, counts)
        laid = pieces[:-1] if kind == "overlap" else pieces
        if kind == "overlap" and len(pieces) < 2:
            continue
        if lay_out(laid, station.radius_mm, rng):
            break
    else:
        raise SystemExit(f"{name}: no {kind} cup fits into {station.radius_mm:.0f} mm")
    if kind == "overlap":
        pieces[-1].turn_deg = float(rng.uniform(0, 360))
        stack(pieces, station.radius_mm, rng)
    labels = np.zeros((station.height, station.width), np.uint8) if masks else None
    linear = paint(station, pieces, rng, labels)
    blur = kind == "blur"
    picture = expose(linear, station, rng, defocus_px=float(rng.uniform(4, 8)) if blur else 0.0, dim=float(rng.uniform(0.01, 0.04)) if kind == "dark" else float(np.exp(rng.normal(0, 0.02))))
    jpeg(picture, out / name, station.quality)
    line = truth_line(name, SPECIAL.get(kind, kind), pieces, design, count, whole, station, reference)
    if masks:
        line["mask"] = f"{Path(name).stem}-items.png"
        write_mask(labels, out / line["mask"])
    return line


def pool_of(a):
    return FolderPool(a.split, a.folder) if a.source == "folder" else POOLS[a.source](a.split)


def _station_cups(job):
    """All cups of one station, so that its picture is made once. Returns truth lines."""
    a, number, kinds, first = job
    cv2.setNumThreads(1)
    out = Path(a.out)
    pool = pool_of(a)
    station = make_station(a.seed * 100003 + number, px_per_mm=a.px_per_mm, width=a.width, height=a.height, look=a.look)
    reference = f"empty-{number:04d}.jpg"
    jpeg(expose(station.bottom.copy(), station, np.random.default_rng([a.seed, number, 5])), out / reference, station.quality)
    lines = []
    for k, kind in enumerate(kinds):
        rng = np.random.default_rng([a.seed, first + k, 3])
        line = render_cup(out, f"cup-{first + k:05d}.jpg", kind, station, reference, pool, rng, a.counts, a.masks)
        lines.append(line | {"source": a.source if a.look == 1 else f"{a.source}, look {a.look}", "seed": a.seed})
    return lines


def parse_kinds(text):
    if not text:
        return KINDS
    out = {}
    for part in text.split(","):
        name, _, weight = part.partition("=")
        if name not in KINDS and name not in MORE_KINDS:
            raise SystemExit(f"--kinds: {name!r} is no kind; there are {', '.join([*KINDS, *MORE_KINDS])}")
        out[name] = float(weight or 1)
    return out


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--cups", type=int, default=1000)
    args.add_argument("--split", default="test-photo", choices=["test-photo", "calibration", "choosing", "train", "demo"])
    args.add_argument("--source", default="photographs", choices=[*sorted(POOLS), "folder"])
    args.add_argument("--folder", help="for --source folder: the work folder of own.make")
    args.add_argument("--kinds", default="", help="e.g. clean=2,one_impostor=1; default: " + ", ".join(f"{k}={v:.2f}" for k, v in KINDS.items()))
    args.add_argument("--per-station", type=int, default=10, help="cups that share one empty-cup picture")
    args.add_argument("--px-per-mm", type=float, default=7.0)
    args.add_argument("--width", type=int, default=1280)
    args.add_argument("--height", type=int, default=960)
    args.add_argument("--look", type=int, default=1, choices=LOOKS, help="2: an imperfect lens, used coins, more materials, YUYV, drift; 1: as ever")
    args.add_argument("--counts", default="few", choices=["few", "even"], help="even: 1 to 20 coins alike often, as far as a design has the coins and the cup the room")
    args.add_argument("--masks", action="store_true", help="also an indexed PNG a cup: which item each pixel shows")
    args.add_argument("--processes", type=int, default=2)
    a = args.parse_args()
    kinds = parse_kinds(a.kinds)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    pool_of(a)  # fail here, with its reason, and not in a child
    weights = np.array(list(kinds.values()))
    exact = np.round(np.cumsum(weights / weights.sum()) * a.cups).astype(int)
    wanted = np.repeat(list(kinds), np.diff(np.concatenate([[0], exact])))
    wanted = list(np.random.default_rng([a.seed, 1]).permutation(wanted))
    jobs = [(a, i, [str(k) for k in wanted[f:f + a.per_station]], f) for i, f in enumerate(range(0, a.cups, a.per_station))]
    start, done = time.time(), 0
    with Pool(a.processes) as workers, open(out / "truth.jsonl.part", "w") as f:
        for lines in workers.imap(_station_cups, jobs):
            for line in lines:
                f.write(json.dumps(line) + "\n")
            done += len(lines)
            if done % 100 < a.per_station or done == a.cups:
                print(f"{done}/{a.cups} cups, {time.time() - start:.0f} s", flush=True)
    (out / "truth.jsonl.part").rename(out / "truth.jsonl")


if __name__ == "__main__":
    main()

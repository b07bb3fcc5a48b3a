"""Cups with a stranger among right coins, or of strangers alone: each has to be amber, for the right reason.

    python3 -m generate.open_set --out ../test/fixtures/open-set

Rendered designs only. The same arguments write the same cups. Strangers have the coins' own size unless they say otherwise,
so that no ruler gives them away.
"""
import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from .camera import expose, jpeg
from .compose import lay_out, paint
from .demo import LIGHT
from .designs import BY_ID
from .foreign import blank, button, foreign_piece, token, washer
from .pools import Rendered
from .station import make_station

PX_PER_MM = 8.0
MAX_BYTES = 100_000
# Sisters that no bundle knows: all as the known one but for the year.
OTHER_YEARS = {"harbour-2029": ("harbour-2021", "2029"), "oak-mark-1974": ("oak-mark", "· 1974 ·")}
FOREIGN = {"button": button, "token": token, "washer": washer, "blank": blank}

# name, stranger, ordered design, right ones [(side or None = any, count)], strangers [(what, side or None, mm or None = its own or the ordered design's, count)]
CUPS = (
    ("button-among", "button", "oak-mark", (None, 5), ("button", None, None, 1)),
    ("button-small-among", "button", "heron-dollar", (None, 3), ("button", None, 18.0, 1)),
    ("button-whole", "button", "oak-mark", (None, 0), ("button", None, None, 5)),
    ("token-among", "token", "bee-half", (None, 6), ("token", None, None, 1)),
    ("token-large-among", "token", "keys-penny", (None, 6), ("token", None, 24.0, 1)),
    ("token-whole", "token", "compass-two", (None, 0), ("token", None, None, 4)),
    ("washer-among", "washer", "wheat-10", ("reverse", 5), ("washer", None, None, 1)),
    ("washer-whole", "washer", "gate-florin", (None, 0), ("washer", None, None, 4)),
    ("blank-among", "blank", "oak-mark", (None, 5), ("blank", None, None, 1)),
    ("blank-among-copper", "blank", "keys-penny", (None, 7), ("blank", None, None, 1)),
    ("blank-whole", "blank", "sun-dime", (None, 0), ("blank", None, None, 7)),
    ("unknown-among", "unknown design", "gate-florin", (None, 4), ("lion-florin", None, None, 1)),
    ("unknown-among-copper", "unknown design", "keys-penny", (None, 7), ("whale-penny", None, None, 1)),
    ("unknown-whole", "unknown design", "bee-half", (None, 0), ("bridge-five", None, 22.0, 5)),
    ("same-picture-other-size-among", "known sibling of another size", "wheat-10", ("obverse", 4), ("wheat-5", "obverse", None, 1)),
    ("same-picture-other-size-whole", "known sibling of another size", "wheat-10", (None, 0), ("wheat-5", "obverse", None, 5)),
    ("enlarged-among", "unknown sibling of another size", "oak-mark", (None, 4), ("oak-mark", None, 27.5, 1)),
    ("enlarged-whole", "unknown sibling of another size", "oak-mark", (None, 0), ("oak-mark", None, 27.5, 4)),
    ("other-picture-same-size-among", "known sibling of the same size", "harbour-2021", ("reverse", 4), ("harbour-2023", "reverse", None, 1)),
    ("other-picture-same-size-whole", "known sibling of the same size", "harbour-2021", ("reverse", 0), ("harbour-2022", "reverse", None, 5)),
    ("shared-side-among", "shared side", "harbour-2022", ("reverse", 4), ("harbour-2022", "obverse", None, 1)),
    ("shared-side-whole", "shared side", "harbour-2022", ("reverse", 0), ("harbour-2022", "obverse", None, 5)),
    ("other-year-among", "unknown sibling of another year", "harbour-2021", ("reverse", 4), ("harbour-2029", "reverse", None, 1)),
    ("other-year-whole", "unknown sibling of another year", "oak-mark", ("reverse", 0), ("oak-mark-1974", "reverse", None, 5)),
)


def pieces_of(pool, design, right, strangers, seed, rng):
    side, n = right
    what, other_side, mm, strange = strangers
    if what in FOREIGN:
        odd = [foreign_piece(FOREIGN[what], seed * 100 + k, mm or pool.diameter_mm(design)) for k in range(strange)]
        return (pool.draw(design, n, rng, side) if n else []) + odd
    if what == design:  # no coin twice in a cup
        pieces = pool.draw(design, n + strange, rng)
        for p, own in zip(pieces, [side] * n + [other_side] * strange):
            p.side = own or p.side
        right_ones, odd = pieces[:n], pieces[n:]
    else:
        right_ones, odd = pool.draw(design, n, rng, side) if n else [], pool.draw(what, strange, rng, other_side)
    for p in odd:
        p.diameter_mm *= mm / pool.diameter_mm(what) if mm else 1
    return right_ones + odd


def save(picture, path):
    """As good as the size limit allows."""
    quality = 88
    while True:
        jpeg(picture, path, quality)
        if path.stat().st_size <= MAX_BYTES:
            return
        quality -= 2


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--seed", type=int, default=8)
    a = args.parse_args()
    cv2.setNumThreads(1)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    pool = Rendered("demo")
    for name, (known, year) in OTHER_YEARS.items():
        pool.strangers[name] = replace(BY_ID[known], id=name, reverse=replace(BY_ID[known].reverse, bottom=year))
    # a quiet camera over smooth plastic: such pictures are small
    station = replace(make_station(a.seed, px_per_mm=PX_PER_MM, radius_mm=51.0, material="plastic", light=LIGHT), noise=0.8)
    save(expose(station.bottom.copy(), station, np.random.default_rng([a.seed, 1])), out / "empty.jpg")
    lines = []
    for k, (name, stranger, design, right, strangers) in enumerate(CUPS):
        rng = np.random.default_rng([a.seed, k, 2])
        pieces = pieces_of(pool, design, right, strangers, 10000 + k, rng)
        if not lay_out(pieces, station.radius_mm, rng, gap_mm=1.0, edge_mm=1.5):
            raise SystemExit(f"{name}: the coins don't fit")
        save(expose(paint(station, pieces, rng), station, rng), out / f"{name}.jpg")
        lines.append({"image": f"{name}.jpg", "stranger": stranger, "whole": right[1] == 0, "order": {"design": design, "count": len(pieces)}, "pxPerMm": PX_PER_MM})
    (out / "open-set.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{out}: {len(lines)} cups")


if __name__ == "__main__":
    main()

"""Pictures for enrolment: one coin a picture, flat in an empty cup of one station.

    python3 -m generate.singles --out DIR --source rendered --split demo --design ash-florin --count 3

Writes DIR/<design>-<side>-<n>.jpg and DIR/empty.jpg, and prints the scale.
"""
import argparse
from pathlib import Path

import numpy as np

from .camera import expose, jpeg
from .compose import lay_out, paint
from .pools import POOLS
from .station import make_station


def single(path, piece, station, rng):
    """One coin anywhere in the cup, as the station's camera sees it."""
    if not lay_out([piece], station.radius_mm, rng):
        raise SystemExit(f"a coin of {piece.diameter_mm} mm does not fit into the cup")
    jpeg(expose(paint(station, [piece], rng), station, rng), path, station.quality)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--source", default="rendered", choices=sorted(POOLS))
    args.add_argument("--split", default="demo")
    args.add_argument("--design", required=True)
    args.add_argument("--side", action="append", choices=["obverse", "reverse"])
    args.add_argument("--count", type=int, default=3)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--px-per-mm", type=float, default=7.0)
    args.add_argument("--width", type=int, default=1280)
    args.add_argument("--height", type=int, default=960)
    a = args.parse_args()
    out, pool = Path(a.out), POOLS[a.source](a.split)
    out.mkdir(parents=True, exist_ok=True)
    station = make_station(a.seed, width=a.width, height=a.height, px_per_mm=a.px_per_mm)
    jpeg(expose(station.bottom.copy(), station, np.random.default_rng([a.seed, 5])), out / "empty.jpg", station.quality)
    for side in a.side or ["obverse", "reverse"]:
        rng = np.random.default_rng([a.seed, len(side), 11])
        for n, piece in enumerate(pool.draw(a.design, a.count, rng, side)):
            single(out / f"{a.design}-{side}-{n + 1}.jpg", piece, station, rng)
    print(f"--px-per-mm {station.px_per_mm}")


if __name__ == "__main__":
    main()

"""Cups with 1, 5, 10 and 20 coins of one design, for the benchmark; the same station as the demo's.

    python3 bench/cups/compose.py OUT

Deterministic: the same program draws the same files.
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "models"))

from generate.camera import expose, jpeg  # noqa: E402
from generate.compose import paint  # noqa: E402
from generate.demo import CALIBRATION, LIGHT, PX_PER_MM  # noqa: E402
from generate.pools import Rendered  # noqa: E402
from generate.station import make_station  # noqa: E402

DESIGN = "sun-dime"
# Coins on rings about the cup's middle: (coins, radius in mm). Twenty do not fit where each is dropped at random.
RINGS = {1: ((1, 0.0),), 5: ((5, 26.0),), 10: ((3, 13.0), (7, 36.0)), 20: ((1, 0.0), (6, 20.3), (13, 40.6))}
SEED = 11


def lay_on_rings(pieces, rings, rng):
    places = [(radius, 360 * (k + 0.25) / count) for count, radius in rings for k in range(count)]
    for piece, (radius_mm, at_deg) in zip(pieces, places, strict=True):
        piece.x_mm = float(radius_mm * np.cos(np.radians(at_deg)))
        piece.y_mm = float(radius_mm * np.sin(np.radians(at_deg)))
        piece.turn_deg, piece.tilt_axis_deg = float(rng.uniform(0, 360)), float(rng.uniform(0, 180))
        piece.tilt_deg = float(abs(rng.normal(0, 1.2)))


def main():
    cv2.setNumThreads(1)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    station = make_station(SEED, px_per_mm=PX_PER_MM, radius_mm=51.0, material="felt", light=LIGHT)
    jpeg(expose(station.bottom.copy(), station, np.random.default_rng([SEED, 1])), out / "empty.jpg", 92)
    (out / "calibration.json").write_text(json.dumps(CALIBRATION) + "\n")
    pool = Rendered("demo")
    for count, rings in RINGS.items():
        rng = np.random.default_rng([SEED, count, 2])
        pieces = pool.draw(DESIGN, count, rng)
        lay_on_rings(pieces, rings, rng)
        picture = expose(paint(station, pieces, rng), station, rng)
        jpeg(picture, out / f"{count:02d}.jpg", 88)
    print(f"{out}: cups with {', '.join(map(str, RINGS))} coins of {DESIGN}")


if __name__ == "__main__":
    main()

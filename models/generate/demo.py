"""The demo's cups: one station, rendered designs only, each cup with what an honest station says of it.

    python3 -m generate.demo --out demo
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from .camera import expose, jpeg
from .compose import lay_out, paint, stack
from .foreign import crown_cap, foreign_piece
from .pools import Rendered
from .station import make_station
from .strike import Lamp, Light

PX_PER_MM = 8.0
MAX_BYTES = 250_000
CALIBRATION = {"schema": 1, "pxPerMm": PX_PER_MM, "reference": "empty.jpg", "at": "2026-11-24T00:00:00Z", "camera": {"width": 1280, "height": 960}}
LIGHT = Light((Lamp(-128, 52, 1.0, 0.16), Lamp(20, 42, 0.22, 0.4)), 0.5, (1.03, 1.0, 0.96))

# image, kind, ordered design, ordered count, what lies in it: [(design, side or None = any, count)], verdict, reason
CUPS = (
    ("01-oak-mark", "good", "oak-mark", 6, [("oak-mark", None, 6)], "green", None),
    ("02-harbour-2021", "good", "harbour-2021", 5, [("harbour-2021", "reverse", 5)], "green", None),
    ("03-impostor", "one look-alike of the same size and series", "harbour-2021", 5, [("harbour-2021", "reverse", 4), ("harbour-2022", "reverse", 1)], "amber", "mixed_designs"),
    ("04-keys-penny", "good", "keys-penny", 9, [("keys-penny", None, 9)], "green", None),
    ("05-wrong-cup", "a whole cup of another design", "oak-mark", 5, [("bee-half", None, 5)], "amber", "wrong_design"),
    ("06-heron-dollar", "good", "heron-dollar", 3, [("heron-dollar", None, 3)], "green", None),
    ("07-unknown", "one coin of a design that nobody taught", "oak-mark", 6, [("oak-mark", None, 5), ("windmill-mark", None, 1)], "amber", "unknown_design"),
    ("08-compass-two", "good", "compass-two", 5, [("compass-two", None, 5)], "green", None),
    ("09-overlap", "two coins lie on each other", "bee-half", 6, [("bee-half", None, 6)], "amber", "overlap"),
    ("10-wrong-count", "one coin too few", "wheat-10", 6, [("wheat-10", None, 5)], "amber", "count_mismatch"),
    ("11-blur", "out of focus", "gate-florin", 4, [("gate-florin", None, 4)], "amber", "blur"),
    ("12-dark", "the lamp is off", "sun-dime", 7, [("sun-dime", None, 7)], "amber", "exposure"),
    ("13-empty", "no coin", "sun-dime", 7, [], "amber", "empty_cup"),
    ("14-shared-sides", "every coin shows the side that the whole series shares", "harbour-2023", 5, [("harbour-2023", "obverse", 5)], "amber", "uninformative"),
    ("15-bottle-cap", "a stray bottle cap", "wheat-5", 6, [("wheat-5", None, 6), ("cap", None, 1)], "amber", "count_mismatch"),
    ("16-gate-florin", "good", "gate-florin", 5, [("gate-florin", None, 5)], "green", None),
)


def save(picture, path, quality):
    """As good as the size limit allows."""
    while True:
        jpeg(picture, path, quality)
        if path.stat().st_size <= MAX_BYTES:
            return
        quality -= 3


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", default=str(Path(__file__).resolve().parent.parent / "demo"))
    args.add_argument("--seed", type=int, default=4)
    a = args.parse_args()
    cv2.setNumThreads(1)
    out = Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    pool = Rendered("demo")
    station = make_station(a.seed, px_per_mm=PX_PER_MM, radius_mm=51.0, material="felt", light=LIGHT)
    save(expose(station.bottom.copy(), station, np.random.default_rng([a.seed, 1])), out / "empty.jpg", 92)
    lines = []
    for k, (name, kind, design, count, content, verdict, reason) in enumerate(CUPS):
        rng = np.random.default_rng([a.seed, k, 2])
        pieces = []
        for what, side, n in content:
            pieces += [foreign_piece(crown_cap, k, 29.0)] if what == "cap" else pool.draw(what, n, rng, side)
        laid = pieces[:-1] if reason == "overlap" else pieces
        if not lay_out(laid, station.radius_mm, rng, gap_mm=1.0, edge_mm=1.5):
            raise SystemExit(f"{name}: the coins don't fit")
        if reason == "overlap":
            pieces[-1].turn_deg = float(rng.uniform(0, 360))
            stack(pieces, station.radius_mm, rng)
        picture = expose(paint(station, pieces, rng), station, rng, defocus_px=5.5 if reason == "blur" else 0.0, dim=0.02 if reason == "exposure" else 1.0)
        save(picture, out / f"{name}.jpg", 92)
        lines.append({"image": f"{name}.jpg", "kind": kind, "order": {"design": design, "count": count}, "expected": {"verdict": verdict, "reason": reason}})
    (out / "demo.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (out / "calibration.json").write_text(json.dumps(CALIBRATION) + "\n")
    print(f"{out}: {len(lines)} cups")


if __name__ == "__main__":
    main()

"""A sheet of samples to look at: a cup of every kind from both pools, each on a station of its own, with a caption.

    python3 -m generate.sheet --out sheet.png --look 2

The photographs' rows are left out where CUPCHECK_DATA is not set. `--outlines` draws the truth.
"""
import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np

from .camera import expose, jpeg
from .cups import KINDS, MORE_KINDS, render_cup
from .photographs import data_dir
from .pools import POOLS
from .station import LOOKS, make_station

TILE = (480, 360)
CAPTION = 18
COLUMNS = 4


def tile(picture, caption):
    small = cv2.resize(picture, TILE, interpolation=cv2.INTER_AREA)
    out = np.full((TILE[1] + CAPTION, TILE[0], 3), 24, np.uint8)
    out[CAPTION:] = small
    cv2.putText(out, caption, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.40, (235, 235, 235), 1, cv2.LINE_AA)
    return out


def draw_truth(picture, line):
    for item in line["items"]:
        cx, cy, major, minor, angle = item["ellipse"]
        cv2.ellipse(picture, ((cx, cy), (major, minor), angle), (0, 255, 0), 2)
        x, y, w, h = item["box"]
        cv2.rectangle(picture, (round(x), round(y)), (round(x + w), round(y + h)), (0, 200, 255), 1)
        cv2.putText(picture, f"{item['design']} {item['visible']:.2f}", (int(cx) - 60, int(cy)), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 0), 2, cv2.LINE_AA)


def sample(folder, number, kind, source, pool, a):
    """One captioned tile; kind None: the empty cup."""
    station = make_station(a.seed * 100003 + number, look=a.look)
    rng = np.random.default_rng([a.seed, number, 3])
    words = [source, kind or "reference", "YUYV" if station.yuyv else "RGB"]
    if station.lens:
        words.append(f"tilt {station.lens.tilt_deg:.1f} bend {100 * station.lens.bend:+.1f} %")
    if kind is None:
        jpeg(expose(station.bottom.copy(), station, rng), folder / "x.jpg", station.quality)
        return tile(cv2.imread(str(folder / "x.jpg")), ", ".join(words))
    line = render_cup(folder, "x.jpg", kind, station, "", pool, rng, a.counts)
    picture = cv2.imread(str(folder / "x.jpg"))
    if a.outlines:
        draw_truth(picture, line)
    return tile(picture, ", ".join([*words, f"{len(line['items'])} items"]))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", default="sheet.png")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--split", default="train", choices=["calibration", "choosing", "train"])
    args.add_argument("--look", type=int, default=2, choices=LOOKS)
    args.add_argument("--counts", default="even", choices=["few", "even"])
    args.add_argument("--outlines", action="store_true")
    a = args.parse_args()
    cv2.setNumThreads(1)
    jobs = []
    for source in sorted(POOLS):
        if source == "photographs" and data_dir() is None:
            continue
        pool = POOLS[source](a.split)
        kinds = [None, *KINDS, *MORE_KINDS]
        jobs += [(k, source, pool) for k in kinds if k != "shared_sides" or any(pool.shared_sides(d) for d in pool.designs)]
    with tempfile.TemporaryDirectory() as folder:
        tiles = [sample(Path(folder), i, *job, a) for i, job in enumerate(jobs)]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[i:i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    if not cv2.imwrite(a.out, np.vstack(rows)):
        raise SystemExit(f"{a.out}: cannot be written")
    print(f"{a.out}: {len(jobs)} samples")


if __name__ == "__main__":
    main()

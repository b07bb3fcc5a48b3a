"""The coin of each photograph, cut out: WORK/cuts.npy and WORK/coins.json, which the generator of cups draws from."""
import json
from pathlib import Path

import cv2
import numpy as np

from generate.folder_pool import CUTS, LIST
from generate.photographs import cut_disc, find_disc
from generate.pools import CUT

FIND_PX = 280        # of the shorter side: the search knows pictures of about this size
LEAST_COIN_PX = 120  # fewer pixels across a coin show too little of it


class NoCoin(Exception):
    """Why no coin was cut out, for a person."""


def cut_file(path):
    """RGBA CUT×CUT uint8. @raises NoCoin"""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise NoCoin("no readable picture")
    k = min(1.0, FIND_PX / min(bgr.shape[:2]))
    small = cv2.resize(bgr, None, fx=k, fy=k, interpolation=cv2.INTER_AREA) if k < 1 else bgr
    disc = find_disc(small)
    if disc is None:
        raise NoCoin("no one round coin that fills most of the picture and differs from its background")
    cx, cy, r = disc
    across = 2 * r / k
    if across < LEAST_COIN_PX:
        raise NoCoin(f"the coin is {across:.0f} px wide, wanted {LEAST_COIN_PX} at least")
    # a large photograph is scaled down first: a warp that leaves pixels out would alias
    down = min(1.0, 2 * CUT / across)
    if down < 1:
        bgr = cv2.resize(bgr, None, fx=down, fy=down, interpolation=cv2.INTER_AREA)
    to = down / k
    rgb, alpha = cut_disc(bgr, ((cx + 0.5) * to - 0.5, (cy + 0.5) * to - 0.5, r * to), CUT)
    return np.dstack([rgb[..., ::-1], alpha.astype(np.uint8)])


def cut_all(folder, designs, photos, parts, work, say):
    """Writes both files; returns [(photograph's path, why it was left out)]."""
    rows, left, pictures = [], [], np.lib.format.open_memmap(work / "cuts.part.npy", "w+", np.uint8, (len(photos), CUT, CUT, 4))
    for n, p in enumerate(photos, start=1):
        try:
            pictures[len(rows)] = cut_file(Path(folder) / p.path)
            rows.append({"coin": p.coin, "design": p.design, "side": p.side, "part": parts[p.coin], "path": p.path})
        except NoCoin as why:
            left.append((p.path, str(why)))
        if n % 200 == 0 or n == len(photos):
            say(f"{n}/{len(photos)} photographs, {len(left)} without a coin")
    np.save(work / CUTS, pictures[:len(rows)])
    (work / "cuts.part.npy").unlink()
    table = [{"id": d.id, "name": d.name, "diameterMm": d.diameter_mm, "same": dict(d.same)} for d in designs]
    (work / LIST).write_text(json.dumps({"designs": table, "coins": rows, "left": left}, indent=1))
    return left

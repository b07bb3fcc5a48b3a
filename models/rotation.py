"""How much a cup's turn changes what is said of it: the same pictures turned, and their judgements side by side.

    python3 rotation.py turn CUPS_FOLDER --out DIR [--kinds clean] [--cups 20]   the first cups of these kinds at every angle
    ../bin/cupcheck evaluate DIR --cups-out DIR/cups.jsonl
    python3 rotation.py spread DIR/cups.jsonl                                    the table

A cup's picture and that of its empty cup are turned about the same place (Lanczos; PNG, so that nothing is compressed twice).
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

ANGLES = (0, 30, 77, 90, 180, 271)


def turn(picture, degrees):
    """Clockwise as it is seen, about the middle, on a canvas of the same size; grey where nothing was seen, so that nothing is drawn out or seen twice."""
    height, width = picture.shape[:2]
    m = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    return cv2.warpAffine(picture, m, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_CONSTANT, borderValue=(90, 90, 90)), m


def turned_item(item, m, degrees):
    cx, cy, major, minor, angle = item["ellipse"]
    x, y = m @ [cx, cy, 1]
    return {**item, "ellipse": [x, y, major, minor, (angle + degrees) % 180], "box": [x - major / 2, y - major / 2, major, major]}


def write_turned(a):
    folder, out = Path(a.folder), Path(a.out)
    out.mkdir(parents=True, exist_ok=True)
    cups = [c for c in map(json.loads, open(folder / "truth.jsonl")) if c["kind"] in a.kinds.split(",")][:a.cups]
    lines = []
    for cup in cups:
        for degrees in ANGLES:
            line = {**cup}
            for key in ("image", "reference"):
                line[key] = f"{Path(cup[key]).stem}-{degrees:03d}.png"
                if not (out / line[key]).exists():
                    picture, m = turn(cv2.imread(str(folder / cup[key])), degrees)
                    cv2.imwrite(str(out / line[key]), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            m = turn(np.zeros((a.height, a.width), np.uint8), degrees)[1]
            line["items"] = [turned_item(i, m, degrees) for i in cup["items"]]
            lines.append(line)
    (out / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{out}: {len(cups)} cups at {len(ANGLES)} angles")


def print_spread(a):
    cups = defaultdict(dict)
    for c in map(json.loads, open(a.cups)):
        name, _, degrees = Path(c["image"]).stem.rpartition("-")
        cups[name][int(degrees)] = c
    print(f"{len(cups)} cups, each against itself unturned; change of an item's score for its cup's design\n")
    print("turn  cups green  same verdict  turned green  turned amber  items   median    95 %     max")
    for degrees in ANGLES[1:]:
        green = same = to_green = to_amber = 0
        changes = []
        for turns in cups.values():
            before, after = turns[0], turns[degrees]
            was, now = before["verdict"] == "green", after["verdict"] == "green"
            green, same = green + was, same + (was == now)
            to_green, to_amber = to_green + (now and not was), to_amber + (was and not now)
            scores = {i["coin"]: i["score"] for i in before["items"] if i["matched"]}
            changes += [abs(i["score"] - scores[i["coin"]]) for i in after["items"] if i["matched"] and None not in (i["score"], scores.get(i["coin"]))]
        print(f"{degrees:3d}°  {green:6d} of {len(cups):<4d}{same:9d}{to_green:14d}{to_amber:14d}{len(changes):8d}"
              f"{np.median(changes):9.3f}{np.quantile(changes, 0.95):8.3f}{max(changes):8.3f}")


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = args.add_subparsers(required=True)
    t = verbs.add_parser("turn")
    t.add_argument("folder")
    t.add_argument("--out", required=True)
    t.add_argument("--kinds", default="clean")
    t.add_argument("--cups", type=int, default=20)
    t.add_argument("--width", type=int, default=1280)
    t.add_argument("--height", type=int, default=960)
    t.set_defaults(run=write_turned)
    s = verbs.add_parser("spread")
    s.add_argument("cups")
    s.set_defaults(run=print_spread)
    a = args.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()

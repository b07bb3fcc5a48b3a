"""Thresholds and their evidence from judged calibration cups, written into the bundle's manifest.

    python3 calibrate.py --bundle bundles/first --pool photographs --cups cal.jsonl [--judge NAME] [--dry-run]

`cal.jsonl` is what `cupcheck evaluate DIR --cups-out cal.jsonl` writes, over cups of the split `calibration`. Of several judges' lines those of
`--judge` count (not given: the bundle's own); its thresholds go to `judgeThresholds`.
The pool's own entry serves each of its designs; designs and families with evidence enough get one more, which names the wider one.
What is counted and what a bound promises: `calibration/trials.py`, `walk.py`, `scopes.py`; that it holds: `python3 -m calibration.simulate`.
After a change of the manifest: `npm run docs`, since docs/how-sure-is-green.md is made from it.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from calibration.scopes import assign, distance_table, thresholds_of
from calibration.trials import BAD_KINDS, bad_cups, green_from, impostors


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    args.add_argument("--pool", required=True, choices=["photographs", "rendered"])
    args.add_argument("--cups", required=True)
    args.add_argument("--judge", help="not given: the bundle's own")
    args.add_argument("--dry-run", action="store_true", help="print, and leave the manifest as it is")
    a = args.parse_args()
    path = Path(a.bundle) / "manifest.json"
    manifest = json.loads(path.read_text())
    judge = a.judge or manifest["judge"]["name"]
    with open(a.cups) as f:
        cups = [c for c in map(json.loads, filter(str.strip, f)) if c.get("judge", judge) == judge]  # one judge's file need not name it
    bad = bad_cups(cups)
    if not bad:
        raise SystemExit(f"{a.cups}: no bad cup of the judge {judge} in it, so there is nothing to bound; kinds wanted: {', '.join(BAD_KINDS)}")
    distances = assign(manifest, cups, a.pool, judge)
    table = thresholds_of(manifest, judge)
    pooled = table[a.pool]
    coins = len(set().union(*map(impostors, bad)))
    manifest["provenance"].setdefault("calibrated", {}).setdefault(judge, {})[a.pool] = {"badCups": len(bad), "coinsInThem": coins, "mostTrialsOfADesign": max(n for scope, _, n in distances if scope == "design")}
    if not a.dry_run:
        path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    clean = [c for c in cups if c["kind"] == "clean"]
    green = np.mean([green_from(c) >= pooled["score"] for c in clean]) if clean and pooled["score"] is not None else 0.0
    print(f"{judge}, {a.pool}: shipped {pooled['score']}, clean calibration cups green {green:.1%} of {len(clean)}; {len(bad)} bad cups with {coins} coins")
    print(json.dumps({name: t for name, t in table.items() if name == a.pool or name.startswith(f"{a.pool}/")}, indent=1))
    print("\n".join(distance_table(distances)))


if __name__ == "__main__":
    main()

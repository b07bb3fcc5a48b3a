"""Thresholds and their evidence from judged calibration cups, written into the bundle's manifest.

    python3 calibrate.py --bundle bundles/first --pool photographs --cups cal.jsonl

`cal.jsonl` is what `cupcheck evaluate DIR --cups-out cal.jsonl` writes, over cups of the split `calibration`.

Learn-then-Test (arXiv 2110.01052) on a fixed grid, strictest first: a threshold passes while no impostor coin has a green cup and the
exact bound (Clopper-Pearson, one-sided, 95 %) stays under MAX_BOUND; the first that fails ends the walk. What ships is the last
that passed, plus MARGIN. Counted are distinct impostor coins: a coin failed if any of its cups went green.
"""
import argparse
import json
from pathlib import Path

import numpy as np

CONFIDENCE = 0.95
MAX_BOUND = 0.05
MARGIN = 0.02
GRID = [round(0.60 - 0.01 * i, 2) for i in range(61)]
BAD_KINDS = ("whole_wrong", "one_impostor", "foreign", "unknown_design")
FREE_REASONS = {"not_covered", "low_margin"}  # what a threshold alone decides


def upper_bound(failures, trials, confidence=CONFIDENCE):
    """Exact one-sided upper bound of a probability (Clopper and Pearson 1934); 1 where nothing was tried."""
    from scipy.stats import beta
    return 1.0 if trials == 0 or failures >= trials else float(beta.ppf(confidence, failures + 1, trials - failures))


def green_at(cup, threshold):
    return cup["score"] is not None and cup["score"] >= threshold and set(cup["reasons"]) <= FREE_REASONS


def impostors(cup):
    return {i["coin"] for i in cup["truth"] if i["design"] != cup["expect"]}


def tally(cups, threshold):
    """kind → (distinct impostor coins, those with a green cup), and the same for all together under ''."""
    out = {}
    for kind in (*BAD_KINDS, ""):
        chosen = [c for c in cups if c["kind"] in (BAD_KINDS if kind == "" else (kind,))]
        coins = set().union(*[impostors(c) for c in chosen]) if chosen else set()
        failed = set().union(*[impostors(c) for c in chosen if green_at(c, threshold)]) if chosen else set()
        out[kind] = (len(coins), len(failed))
    return out


def choose(cups):
    """The lowest threshold of the grid that passes, or None."""
    best = None
    for t in GRID:
        coins, failed = tally(cups, t)[""]
        if failed or upper_bound(failed, coins) > MAX_BOUND:
            break
        best = t
    return best


def evidence(cups, threshold, pool):
    table = tally(cups, threshold)
    row = lambda n, f: {"coins": n, "falseGreens": f, "bound": round(upper_bound(f, n), 4)}
    designs = {i["design"] for c in cups if c["kind"] in BAD_KINDS for i in c["truth"] if i["design"] != c["expect"] and i.get("set") != "foreign"}
    total = row(*table[""])
    return {"pool": pool, "distinctCoins": total["coins"], "distinctDesigns": len(designs), "falseGreens": total["falseGreens"], "bound": total["bound"],
            "confidence": CONFIDENCE, "delta": "shared", "kinds": {k: row(*table[k]) for k in BAD_KINDS}}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    args.add_argument("--pool", required=True, choices=["photographs", "rendered"])
    args.add_argument("--cups", required=True)
    a = args.parse_args()
    with open(a.cups) as f:
        cups = [json.loads(line) for line in f if line.strip()]
    if not any(c["kind"] in BAD_KINDS for c in cups):
        raise SystemExit(f"{a.cups}: no bad cup in it, so there is nothing to bound; kinds wanted: {', '.join(BAD_KINDS)}")
    path = Path(a.bundle) / "manifest.json"
    manifest = json.loads(path.read_text())
    passed = choose(cups)
    score = None if passed is None else round(passed + MARGIN, 2)
    manifest["thresholds"][a.pool] = {"score": score, "evidence": None if score is None else evidence(cups, score, a.pool)}
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    clean = [c for c in cups if c["kind"] == "clean"]
    green = np.mean([green_at(c, score) for c in clean]) if clean and score is not None else 0.0
    print(f"{a.pool}: lowest passing {passed}, shipped {score}, clean calibration cups green {green:.1%} of {len(clean)}")
    print(json.dumps(manifest["thresholds"][a.pool]["evidence"], indent=1))


if __name__ == "__main__":
    main()

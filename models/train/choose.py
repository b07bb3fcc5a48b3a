"""What is chosen on held-back coins as the station itself sees them, and written into the bundle's manifest.

    python3 -m train.choose --bundle bundles/first --seen PREFIX --seen PREFIX2

PREFIX is what `items_seen.mjs` wrote, over `mixed` cups of the split `choosing`. Chosen are
- the size tolerance: a little more than what all but five in a thousand views of held-back coins measure within;
- by origin (photographs, rendered), how alike an item must be before it counts as known: more than 98 in 100 strangers are, and where all but
  one in 200 known items are much more alike than that, half way to them; for what is taught later, see `taught_floor.py`;
- the pairs of classes that look nearly the same, and the lead that one needs over the other (`look_alikes.py`).
"""
import argparse
import json
from pathlib import Path

import numpy as np

from item_study import bundle_network, load_seen, seen_by_the_judge, similarity
from .look_alikes import ALIKE_FROM, ALIKE_SLOPE, ENOUGH_COINS, TAKEN_LEAD, exemplars_alike, look_alikes, takings
from .taught_floor import taught_floor

TOLERANCE_QUANTILE, TOLERANCE_MARGIN = 0.995, 1.15  # what the margin is worth: RECORD.md
LEAST_TOLERANCE_MM, LEAST_TOLERANCE_SHARE = 0.6, 0.035  # a station's own error is shared by all its cups, and few stations stand behind the quantile
UNKNOWN_QUANTILE, KNOWN_QUANTILE = 0.98, 0.005
TURNS = 4


def tolerances(manifest, rows):
    """By origin: (share of the diameter, how many items it was taken from)."""
    designs, out = {d["id"]: d for d in manifest["designs"]}, {}
    for origin in sorted({d["origin"] for d in manifest["designs"]}):
        mine = [r for r in rows if r["truth"] and r["diameterMm"] and designs.get(r["truth"]["design"], {}).get("origin") == origin]
        errors = [abs(r["diameterMm"] / designs[r["truth"]["design"]]["diameterMm"] - 1) for r in mine]
        if len(errors) < 100:
            raise SystemExit(f"{origin}: {len(errors)} measured items are too few to choose a tolerance by, wanted 100: more mixed cups are needed")
        out[origin] = (TOLERANCE_MARGIN * float(np.quantile(errors, TOLERANCE_QUANTILE)), len(errors))
    return out


def origins(manifest):
    """By class: where its designs come from."""
    of = {d["id"]: d["origin"] for d in manifest["designs"]}
    return [of[c["designs"][0]] for c in manifest["classes"]]


def fits(manifest, rows):
    """N×C: whether an item's size fits any design of a class; unknown sizes fit all."""
    designs = {d["id"]: d for d in manifest["designs"]}
    ok = lambda mm, d: mm is None or abs(mm - d["diameterMm"]) <= d["toleranceMm"]
    return np.array([[any(ok(r["diameterMm"], designs[d]) for d in c["designs"]) for c in manifest["classes"]] for r in rows])


SETS = {"photographs": ("us-types", "world", "foreign"), "rendered": ("rendered", "foreign")}  # by origin: what its strangers are


def floors_of(manifest, rows, sims):
    """(by class: how alike an item must be before it counts as known; by origin: what that was taken from). `sims` N×C, −1 where the size does not fit."""
    known, origin = {d["id"] for d in manifest["designs"]}, np.array(origins(manifest))
    floors, report = np.ones(len(manifest["classes"])), {}
    for name, served in SETS.items():
        mine = origin == name
        chosen = [i for i, r in enumerate(rows) if r["truth"] and r["truth"]["set"] in served and (r["truth"]["set"] != "foreign" or (rows[i]["pool"] == name))]
        strangers = [i for i in chosen if rows[i]["truth"]["design"] not in known]
        own = [max(sims[i, c] for c, one in enumerate(manifest["classes"]) if rows[i]["truth"]["design"] in one["designs"]) for i in chosen if rows[i]["truth"]["design"] in known]
        if len(strangers) < 50 or len(own) < 50:
            raise SystemExit(f"{name}: {len(strangers)} strangers and {len(own)} known items are too few to choose a floor by: more mixed cups are needed")
        strange, familiar = float(np.quantile(sims[strangers][:, mine].max(1), UNKNOWN_QUANTILE)), float(np.quantile(own, KNOWN_QUANTILE))
        floor = round(max(strange, (strange + familiar) / 2), 3)
        floors[mine] = floor
        coins = lambda items: len({rows[i]["truth"]["coin"] for i in items})
        report[name] = {"floor": floor, "strange": round(strange, 3), "familiar": round(familiar, 3), "strangers": len(strangers), "strangeCoins": coins(strangers), "known": len(own), "knownBelow": round(float(np.mean(np.array(own) < floor)), 4)}
    return floors, report


def alike_ones(manifest, rows, sims, floors, alike):
    """(the manifest's look-alikes, the takings behind them). `alike` C×C: how alike the classes' exemplars are."""
    taken = takings(manifest, [r["truth"]["design"] if r["truth"] else None for r in rows], sims, floors)
    coins = {c: len({r["truth"]["coin"] for r in rows if r["truth"] and r["truth"]["side"] == one["side"] and r["truth"]["design"] in one["designs"]}) for c, one in enumerate(manifest["classes"])}
    return look_alikes(manifest, alike, taken, coins), taken


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    args.add_argument("--seen", action="append", required=True)
    a = args.parse_args()
    net, manifest, vectors, of_class = bundle_network(a.bundle)
    rows, turned = load_seen(a.seen, net, manifest["gallery"]["networkSha256"])
    errors = tolerances(manifest, rows)
    for d in manifest["designs"]:
        d["toleranceMm"] = round(max(LEAST_TOLERANCE_MM, max(LEAST_TOLERANCE_SHARE, errors[d["origin"]][0]) * d["diameterMm"]), 2)
    sims = similarity(vectors, of_class, len(manifest["classes"]), seen_by_the_judge(turned), manifest["judge"]["neighbours"])
    sims = np.where(fits(manifest, rows), sims, -1.0)
    floors, report = floors_of(manifest, rows, sims)
    for one, floor in zip(manifest["classes"], floors):
        one["unknownSimilarity"] = float(floor)
    pairs, taken = alike_ones(manifest, rows, sims, floors, exemplars_alike(vectors, of_class, len(manifest["classes"])))
    taught = taught_floor(net, manifest["judge"]["neighbours"])
    report["taught"] = taught
    least = max(taught["floor"], *(r["strange"] for name, r in report.items() if name in SETS))
    manifest["judge"] = {**manifest["judge"], "unknownSimilarity": round(least, 3), "turns": TURNS, "lookAlikes": pairs}
    manifest["provenance"]["chosen"] = {
        "tolerance": {"rule": f"{TOLERANCE_MARGIN} × quantile {TOLERANCE_QUANTILE} of the diameter's error, at least {LEAST_TOLERANCE_MM} mm and {LEAST_TOLERANCE_SHARE:.1%}", **{origin: {"share": round(share, 4), "items": items} for origin, (share, items) in errors.items()}},
        "unknownSimilarity": {"rule": f"quantile {UNKNOWN_QUANTILE} of the best similarity of held-back strangers of compatible size, or half way to quantile {KNOWN_QUANTILE} of known items", **report},
        "lookAlikes": {"rule": f"{ALIKE_SLOPE} × (mean cosine of the exemplars − {ALIKE_FROM}), or {TAKEN_LEAD} more than a held-back item was more like the other; the former where fewer than {ENOUGH_COINS} held-back coins of a class speak",
                       "takenItems": len({t.item for t in taken}), "takenCoins": len({rows[t.item]["truth"]["coin"] for t in taken}), "pairs": len(manifest["judge"]["lookAlikes"])}}
    manifest["provenance"].pop("unknownSimilarity", None)
    (Path(a.bundle) / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(manifest["provenance"]["chosen"], indent=1))
    for pair in manifest["judge"]["lookAlikes"]:
        print(" ~ ".join(manifest["classes"][c]["id"] for c in pair["classes"]), pair["margin"])


if __name__ == "__main__":
    main()

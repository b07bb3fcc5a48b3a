"""Tolerances, floors and look-alikes of one's own designs, by the rules of `train/choose.py`, from coins of the part `choosing` as the
station sees them.

Strangers are few in such a folder, so two things differ: each coin is a stranger to all designs but its own (and but those that look
like it, which the look-alikes' margins are for), and the floor is never below the shipped bundle's.
"""
import json

import numpy as np

from item_study import PX, QUARTERS, bundle_network, seen_by_the_judge, similarity
from train.gallery import embed
from train.choose import (LEAST_TOLERANCE_MM, LEAST_TOLERANCE_SHARE, TOLERANCE_MARGIN, TOLERANCE_QUANTILE, UNKNOWN_QUANTILE, fits, tolerances)
from train.look_alikes import exemplars_alike, look_alikes, takings


def strangers_best(manifest, rows, sims, alike):
    """The best similarity of each item that some designs don't know: of their size, and not to a look-alike."""
    classes = manifest["classes"]
    pairs = {(a, b) for pair in alike for a, b in (pair["classes"], pair["classes"][::-1])}
    out = []
    for r, sim in zip(rows, sims):
        if not r["truth"]:
            continue
        own = [n for n, c in enumerate(classes) if r["truth"]["design"] in c["designs"]]
        others = [n for n in range(len(classes)) if n not in own and not any((n, m) in pairs for m in own)]
        best = max((sim[n] for n in others), default=-1.0)
        if best > -1.0:
            out.append(best)
    return np.array(out)


def load_seen(prefix, net, turns):
    """(items, their embeddings N×turns×D: as they lie, upside down too, or by quarters) of what `items_seen.mjs` wrote."""
    with open(f"{prefix}.jsonl") as f:
        rows = [json.loads(line) for line in f]
    crops = np.fromfile(f"{prefix}.u8", np.uint8).reshape(len(rows), 3, PX, PX).transpose(0, 2, 3, 1)
    ways = [np.rot90(crops, quarters, (1, 2)) for quarters in QUARTERS[turns]]
    return rows, np.stack([embed(net, way)[0] for way in ways], 1)


def choose(bundle, seen, least_floor):
    """Writes the manifest; returns what was chosen."""
    net, manifest, vectors, of_class = bundle_network(bundle)
    rows, turned = load_seen(seen, net, manifest["judge"].get("turns", 1))
    (share, items), = tolerances(manifest, rows).values()
    for d in manifest["designs"]:
        d["toleranceMm"] = round(max(LEAST_TOLERANCE_MM, max(LEAST_TOLERANCE_SHARE, share) * d["diameterMm"]), 2)
    sims = similarity(vectors, of_class, len(manifest["classes"]), seen_by_the_judge(turned), manifest["judge"]["neighbours"])
    sims = np.where(fits(manifest, rows), sims, -1.0)
    designs = [r["truth"]["design"] if r["truth"] else None for r in rows]
    alike = look_alikes(manifest, exemplars_alike(vectors, of_class, len(manifest["classes"])), takings(manifest, designs, sims, np.full(len(manifest["classes"]), least_floor)))
    strangers = strangers_best(manifest, rows, sims, alike)
    measured = float(np.quantile(strangers, UNKNOWN_QUANTILE)) if len(strangers) else -1.0
    floor = round(max(least_floor, measured), 3)
    own = np.array([max(s[n] for n, c in enumerate(manifest["classes"]) if r["truth"]["design"] in c["designs"])
                    for r, s in zip(rows, sims) if r["truth"] and r["truth"]["set"] == "own"])
    manifest["judge"] = {**manifest["judge"], "unknownSimilarity": floor, "lookAlikes": alike}
    chosen = {
        "tolerance": {"rule": f"{TOLERANCE_MARGIN} × quantile {TOLERANCE_QUANTILE} of the diameter's error, at least {LEAST_TOLERANCE_MM} mm and {LEAST_TOLERANCE_SHARE:.1%}", "share": round(share, 4), "items": items},
        "unknownSimilarity": {"rule": f"quantile {UNKNOWN_QUANTILE} of the best similarity to another design of the size, at least the shipped bundle's", "floor": floor, "measured": round(measured, 3),
                              "least": least_floor, "strangers": len(strangers), "known": len(own), "knownBelow": round(float(np.mean(own < floor)), 4)},
        "lookAlikes": {"pairs": len(alike)}}
    manifest["provenance"]["chosen"] = chosen
    (bundle / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return chosen

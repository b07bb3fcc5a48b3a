"""Which classes are taken for one another, from held-back coins: the groups that the specialist is for.

    python3 -m train.confusions --bundle bundles/first       writes judges.specialist.groups into the manifest, and CUPCHECK_HEADS/confusions.json

A pair: two photographed sides of different designs, of compatible size, which held-back coins were taken for one another (as the station saw them, or in
composed crops), or whose exemplars are alike on average. Groups are what hangs together by pairs.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from .choose import origins
from .features import all_views, heads_dir
from .look_alikes import exemplars_alike
from .metric import Bundle, opinions

ALIKE = 0.3      # mean cosine of two classes' exemplars; `train/choose.py` begins its margins there
PX = 224


def near(bundle):
    """C×C: different designs whose sizes a ruler may not tell apart."""
    close = np.abs(bundle.mm[:, None] - bundle.mm) <= bundle.tolerance[:, None] + bundle.tolerance
    holds = bundle.holds.astype(int)
    return (holds @ close.astype(int) @ holds.T > 0) & (holds @ holds.T == 0)


def confused(bundle, vectors, views):
    """C×C: of distinct held-back coins of class a (as an obverse or a reverse), how many were taken for class b."""
    count, seen = np.zeros((len(bundle.members),) * 2, int), set()
    classes = bundle.classes(views.rows)
    known = np.where(classes >= 0)[0]
    best = opinions(bundle, vectors, views.embedding[known], bundle.fits([views.rows[i]["mm"] for i in known])).best
    for i, b in zip(known, best):
        a, coin = classes[i], views.rows[i]["coin"]
        if b >= 0 and a != b and (a, b, coin) not in seen:
            seen.add((a, b, coin))
            count[a, b] += 1
    return count


def components(pairs, n):
    """Sorted lists of what hangs together, of two or more."""
    parent = list(range(n))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i
    for a, b in pairs:
        parent[root(a)] = root(b)
    groups = {}
    for i in range(n):
        groups.setdefault(root(i), []).append(i)
    return sorted(g for g in groups.values() if len(g) > 1)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    a = args.parse_args()
    listed = Path(a.bundle) / "manifest.json"
    manifest = json.loads(listed.read_text())
    bundle, views = Bundle(manifest), all_views(a.bundle)
    vectors = np.fromfile(Path(a.bundle) / manifest["gallery"]["file"], "<f4").reshape(-1, manifest["gallery"]["dim"])
    count = confused(bundle, vectors, views["seen"]) + confused(bundle, vectors, views["choosing"])
    alike, may = exemplars_alike(vectors, bundle.of_class, len(bundle.members)), near(bundle)
    photographed = [origin == "photographs" for origin in origins(manifest)]  # the specialist looks at photographs again, larger
    pairs = [(x, y) for x in range(len(count)) for y in range(x) if photographed[x] and photographed[y] and may[x, y] and (count[x, y] + count[y, x] > 0 or alike[x, y] > ALIKE)]
    groups, name = components(pairs, len(count)), lambda c: manifest["classes"][c]["id"]
    rows = [{"classes": [name(x), name(y)], "coins": int(count[x, y] + count[y, x]), "cosine": round(float(alike[x, y]), 3)} for x, y in pairs]
    (heads_dir() / "confusions.json").write_text(json.dumps(sorted(rows, key=lambda r: (-r["coins"], -r["cosine"])), indent=1))
    manifest.setdefault("judges", {})["specialist"] = {**manifest.get("judges", {}).get("specialist", {}), "groups": groups, "px": PX}
    listed.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    for row in rows:
        print(row)
    for g in groups:
        print(len(g), ", ".join(name(c) for c in g))


if __name__ == "__main__":
    main()

"""What is chosen on held-back training coins: how alike an item must be before it counts as a known design at all.

    python3 -m train.choose      prints how the held-back crops fare
"""
import json

import numpy as np

from .augment import augment
from .gallery import embed
from .items_data import cache_dir, training_set

CROPS_A_COIN = 4
UNKNOWN_QUANTILE = 0.90


def similarity(vectors, names, classes, embeddings, neighbours):
    """N×C: an item's similarity to a class = the mean of its `neighbours` largest cosines with the class's exemplars."""
    cos = embeddings @ vectors.T
    of = np.array([n["class"] for n in names])
    out = np.full((len(embeddings), len(classes)), -1.0, np.float32)
    for c in range(len(classes)):
        part = np.sort(cos[:, of == c], 1)[:, ::-1]
        out[:, c] = part[:, :neighbours].mean(1)
    return out


def hard_crops(entries, pictures, chosen, seed=5):
    """Crops with the hardships of training, and the coin each shows."""
    crops, coins = [], []
    for i in chosen:
        for k in range(CROPS_A_COIN):
            rng = np.random.default_rng([seed, i, k])
            mm = entries[i].diameter_mm or rng.uniform(18, 34)
            crops.append(augment(pictures[i], 160, rng, mm * 7.0))
            coins.append(i)
    return np.stack(crops), np.array(coins)


def unknown_similarity(net, classes, vectors, names, entries, pictures, neighbours):
    """(floor, how it was chosen). The floor: above nine in ten crops of held-back designs and things that no class covers."""
    covered = {d for c in classes for d in c[2]}
    strange = [i for i, e in enumerate(entries) if e.split == "choosing" and e.design not in covered]
    known = [i for i, e in enumerate(entries) if e.split == "choosing" and e.design in covered]
    u = similarity(vectors, names, classes, embed(net, hard_crops(entries, pictures, strange)[0])[0], neighbours).max(1)
    crops, coins = hard_crops(entries, pictures, known)
    sim = similarity(vectors, names, classes, embed(net, crops)[0], neighbours)
    own = np.array([max(sim[k, c] for c, row in enumerate(classes) if entries[i].design in row[2]) for k, i in enumerate(coins)])
    floor = round(float(np.quantile(u, UNKNOWN_QUANTILE)), 3)
    report = {"rule": f"quantile {UNKNOWN_QUANTILE} of the best similarity of held-back strangers", "strangers": len(strange), "knownCoins": len(set(coins.tolist())),
              "knownBelow": round(float((own < floor).mean()), 4)}
    return floor, report


def main():
    from .export import build_gallery, bundle_classes, load_items
    entries, pictures = training_set()
    net, trained, run = load_items()
    classes = bundle_classes(entries)
    vectors, names = build_gallery(net, classes, entries, pictures)
    report = {"step": run["step"]}
    for title, test in (("us-types", lambda e: e.set == "us-types"), ("rendered", lambda e: e.set == "rendered" and not e.design.startswith("random-"))):
        chosen = [i for i, e in enumerate(entries) if e.split == "choosing" and test(e)]
        crops, coins = hard_crops(entries, pictures, chosen)
        e, scores, side = embed(net, crops)
        sim = similarity(vectors, names, classes, e, 2)
        right_class = np.array([entries[i].design in classes[c][2] for i, c in zip(coins, sim.argmax(1))])
        by_head = np.array([entries[i].design in classes[c][2] for i, c in zip(coins, scores[:, [trained.index(r[3]) for r in classes]].argmax(1))])
        right_side = np.array([{"obverse": 0, "reverse": 1}[entries[i].side] == s for i, s in zip(coins, side.argmax(1))])
        report[title] = {"coins": len({entries[i].coin for i in chosen}), "crops": len(crops), "designByGallery": round(float(right_class.mean()), 4),
                         "designByHead": round(float(by_head.mean()), 4), "side": round(float(right_side.mean()), 4)}
    floor, how = unknown_similarity(net, classes, vectors, names, entries, pictures, 2)
    report["unknownSimilarity"] = {"floor": floor, **how}
    (cache_dir() / "choosing-report.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

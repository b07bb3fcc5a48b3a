"""What the judge `combined` needs: floors and look-alikes of the mean of two similarities, `metric`'s and `cgd`'s.

    python3 -m train.combine --bundle bundles/first        after train.head_cgd; seconds

Chosen on held-back coins (split `choosing`) as the station saw them, by the rules of `train/choose.py`. Which judge is the
bundle's own is chosen on whole cups of other coins (`choose_judge.py`).
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from item_study import similarity
from .ablations import Table
from .choose import alike_ones, floors_of
from .export import HERE
from .features import seen_items
from .look_alikes import exemplars_alike
from .metric import Bundle, scored
from .separation import separation


def described(bundle, features):
    """N×384 of length 1: what the bundle's cgd head makes of features N×3840, in the station's runtime."""
    with tempfile.TemporaryDirectory() as folder:
        features.astype("<f4").tofile(f"{folder}/in.f32")
        shape = ",".join(map(str, features.shape))
        subprocess.run(["node", str(HERE / "run_onnx.mjs"), str(Path(bundle) / "cgd.onnx"), "features", shape, f"{folder}/in.f32", folder], check=True)
        return np.fromfile(f"{folder}/descriptor.f32", "<f4").reshape(len(features), -1)


def as_chosen(row):
    """A row of the views as `train/choose.py` has its items."""
    return {"truth": None if row["design"] is None else row, "diameterMm": row["mm"], "pool": row["pool"].removeprefix("seen-")}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    a = args.parse_args()
    folder = Path(a.bundle)
    manifest = json.loads((folder / "manifest.json").read_text())
    views, table, neighbours = seen_items(folder), Bundle(manifest), manifest["judge"]["neighbours"]
    vectors = {"metric": np.fromfile(folder / "gallery.f32", "<f4").reshape(len(table.of_class), -1), "cgd": np.fromfile(folder / "cgd-gallery.f32", "<f4").reshape(len(table.of_class), -1)}
    looks = {"metric": views.embedding, "cgd": described(folder, views.features)}
    count = len(table.members)
    sims = {name: similarity(v, table.of_class, count, looks[name], neighbours) for name, v in vectors.items()}
    alike = {name: exemplars_alike(v, table.of_class, count) for name, v in vectors.items()}
    mean = lambda by: (by["metric"] + by["cgd"]) / 2
    sims["combined"], alike["combined"] = mean(sims), mean(alike)
    rows = [as_chosen(r) for r in views.rows]
    possible, chosen, found = table.fits([r["mm"] for r in views.rows]), {}, {}
    class_fits = table.class_fits(possible)
    truth, items = table.truth(views.rows), np.array([r["truth"] is not None for r in rows])
    record = Table("combined", "The nearest examples by two descriptions of an item, and by both: each with floors and look-alikes chosen on these very items, which flatters all three.")
    for name in ("combined", "metric", "cgd"):
        fitting = np.where(class_fits, sims[name], -1.0)
        floors, report = floors_of(manifest, rows, fitting)
        pairs, _ = alike_ones(manifest, rows, fitting, floors, alike[name])
        chosen[name] = {"floors": [float(f) for f in floors], "lookAlikes": pairs, "report": report}
        score = scored(table, sims[name], floors, pairs, class_fits)[1]
        found[name] = separation(score[items], truth[items], possible[items])
        record.add({"combined": "as shipped: the mean of both similarities", "metric": "the items network's embedding (metric)", "cgd": "combined global descriptors (cgd)"}[name], found[name])
    report = chosen["combined"].pop("report")
    manifest["judges"]["combined"] = chosen["combined"]
    manifest["provenance"]["combined"] = {"unknownSimilarity": report, "separation": found}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

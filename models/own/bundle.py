"""A bundle of one's own designs, beside the shipped networks: classes, examples, manifest. It knows no item until `own/choose.py`
has written what is alike enough, and covers no design until `calibrate.py` has written the threshold."""
import datetime
import json
import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np

from generate.folder_pool import CUTS, LIST, SIDES
from train.choose import origins
from train.export import EXEMPLARS, commit_id, digest
from train.gallery import embed_coins, medoids
from .network import with_classes

POOL = "photographs"  # the name under which `calibrate.py` keeps the threshold
LEAST_OF_A_FACE = 2


class _Sized:
    """What `embed_coins` asks of an entry."""

    def __init__(self, diameter_mm):
        self.diameter_mm = diameter_mm


def two_faces(vectors):
    """Two groups of row numbers, or one: the photographs of an unsorted coin by what they show (two means, from the two least alike)."""
    sim = vectors @ vectors.T
    a, b = np.unravel_index(int(sim.argmin()), sim.shape)
    centres = vectors[[a, b]]
    for _ in range(20):
        side = (vectors @ centres.T).argmax(1)
        if min((side == 0).sum(), (side == 1).sum()) < LEAST_OF_A_FACE:
            return [np.arange(len(vectors))]
        centres = np.stack([vectors[side == k].mean(0) for k in (0, 1)])
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    return [np.where(side == k)[0] for k in (0, 1)]


def class_members(designs, examples):
    """[(class id, side, designs, rows of examples)]. Designs that repeat one picture share its examples, and at one size the class."""
    rows = defaultdict(list)
    for n, c in enumerate(examples):
        rows[c["design"], c["side"]].append(n)
    shown = lambda d, side: d["same"].get(side, d["id"])
    out, done = [], set()
    for d in designs:
        if rows[d["id"], "any"]:
            out.append((d["id"], None, [d["id"]], rows[d["id"], "any"]))
            continue
        for side in SIDES:
            picture = shown(d, side)
            family = [o for o in designs if shown(o, side) == picture]
            same = [o["id"] for o in family if o["diameterMm"] == d["diameterMm"]]
            name = f"{picture if len(same) > 1 and picture in same else d['id']}/{side}"
            members = [n for o in family for n in rows[o["id"], side]]
            if name not in done and members and not any(d["id"] in c[2] and c[1] == side for c in out):
                out.append((name, side, same, members))
            done.add(name)
    return out


def classes_and_gallery(net, designs, examples, pictures):
    """(classes of the manifest, means C×D, exemplars N×D, [{class, coin}])"""
    mm = {d["id"]: d["diameterMm"] for d in designs}
    vectors = embed_coins(net, pictures, [_Sized(mm[c["design"]]) for c in examples])
    classes, means, exemplars, names = [], [], [], []
    for name, side, ids, members in class_members(designs, examples):
        members = np.array(members)
        groups = two_faces(vectors[members]) if side is None else [np.arange(len(members))]
        for k, group in enumerate(groups):
            rows = members[group]
            for m in medoids(vectors[rows], EXEMPLARS):
                exemplars.append(vectors[rows[m]])
                names.append({"class": len(classes), "coin": examples[rows[m]]["coin"]})
            mean = vectors[rows].mean(0)
            means.append(mean / np.linalg.norm(mean))
            classes.append({"id": name if side else f"{name}/face-{k + 1}", "side": side, "designs": ids})
    return classes, np.stack(means), np.stack(exemplars).astype("<f4"), names


def make_bundle(base, out, work, name, version, command, net):
    """Writes the bundle `out`: the detector and the items network of `base`, and the examples of the work folder's coins."""
    listed = json.loads((work / LIST).read_text())
    designs = listed["designs"]
    pictures = np.load(work / CUTS, mmap_mode="r")
    rows = [n for n, c in enumerate(listed["coins"]) if c["part"] == "train"]
    examples = [listed["coins"][n] for n in rows]
    classes, means, exemplars, names = classes_and_gallery(net, designs, examples, [np.array(pictures[n]) for n in rows])
    known = {d for c in classes for d in c["designs"]}
    missing = [d["id"] for d in designs if d["id"] not in known]
    if missing:
        raise SystemExit(f"{', '.join(missing)}: no coin could be found in any example photograph; see the list of photographs above")
    theirs = json.loads((base / "manifest.json").read_text())
    detector = theirs["networks"]["detector"]
    items = {k: v for k, v in theirs["networks"]["items"].items() if k not in ("half", "eightBit")}  # those copies know their classes; `train.half` and `train.eight_bit` make others
    out.mkdir(parents=True)
    shutil.copyfile(base / detector["file"], out / detector["file"])
    with_classes(base / items["file"], out / items["file"], means)
    exemplars.tofile(out / "gallery.f32")
    licences = (base / "LICENCES.md").read_text() if (base / "LICENCES.md").is_file() else ""
    (out / "LICENCES.md").write_text(licences + f"\nThe gallery of `{name}` was made from photographs of whoever ran `own.make`; none of them is in the bundle.\n")
    files = {f: digest(out / f) for f in (detector["file"], items["file"], "gallery.f32", "LICENCES.md")}
    judge = {k: v for k, v in theirs["judge"].items() if k in ("neighbours", "turns")}
    manifest = {
        "schema": 1, "name": name, "version": version, "minDaemon": theirs["minDaemon"],
        "created": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "files": files,
        "networks": {"detector": detector, "items": {**items, "outputs": {**items["outputs"], "scores": ["N", len(classes)]}}},
        "classes": classes,
        "designs": [{"id": d["id"], "name": d["name"], "diameterMm": d["diameterMm"], "toleranceMm": round(max(0.6, 0.035 * d["diameterMm"]), 2),
                     "minPxPerMm": round(max(4.5, 90 / d["diameterMm"]), 2), "family": None, "threshold": POOL, "origin": POOL} for d in designs],
        "gallery": {"file": "gallery.f32", "dim": exemplars.shape[1], "networkSha256": files[items["file"]]["sha256"], "vectors": names},
        "judges": {k: v for k, v in theirs.get("judges", {}).items() if k == "softmax"},
        "judge": {**judge, "name": "metric", "unknownSimilarity": 1.0},
        "thresholds": {POOL: {"score": None, "evidence": None}}, "quality": theirs["quality"],
        "provenance": {"commit": commit_id(), "command": command, "base": {"name": theirs["name"], "version": theirs["version"], "items": items["file"], "sha256": theirs["files"][items["file"]]["sha256"]},
                       "photographs": len(listed["coins"]), "coins": len({c["coin"] for c in listed["coins"]})}}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return manifest, len(names)


def floor_of(manifest):
    """The strictest floor of the shipped bundle's photographed classes: more strangers stand behind it than a folder has."""
    photographed = [c for c, origin in zip(manifest["classes"], origins(manifest)) if origin == "photographs"]
    own = [c["unknownSimilarity"] for c in photographed or manifest["classes"] if "unknownSimilarity" in c]
    return max(own or [manifest["judge"]["unknownSimilarity"]])


def base_floor(base):
    return floor_of(json.loads((Path(base) / "manifest.json").read_text()))

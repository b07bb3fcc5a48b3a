"""What the manifest says of the heads that lie in a bundle's folder: written anew from the files, so that twice is once.

    python3 -m train.add_heads --bundle bundles/first

`heads`: name → {file, input {name, shape}, outputs {name: shape}}; `judges`: what a judge needs besides its network. `judges.specialist.groups`
and `px` are `train/confusions.py`'s, `judges.cgd.unknownSimilarity` is `train/head_cgd.py`'s, `judges.combined` `train/combine.py`'s. A head whose file is missing is left out.
"""
import argparse
import json
from pathlib import Path

import onnx

from .boosted_features import NAMES
from .export import HERE, digest
from .head_scene import HEIGHT, WIDTH

HEADS = ("cgd", "multi-label", "set", "scene", "specialist", "verifier", "boosted")
CGD_GALLERY, SPECIALIST_GALLERY = "cgd-gallery.f32", "specialist-gallery.f32"
CGD_DIM, SPECIALIST_DIM = 384, 128
LICENCES = "LICENCES.md"


def shape_of(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def head_entry(file):
    graph = onnx.load(str(file)).graph
    return {"file": file.name, "input": {"name": graph.input[0].name, "shape": shape_of(graph.input[0])}, "outputs": {o.name: shape_of(o) for o in graph.output}}


def judges_entry(folder, manifest):
    known = manifest.get("judges", {})
    out = {name: one for name, one in known.items() if name not in ("cgd", "combined", "specialist", "scene", "boosted")}
    if (folder / "cgd.onnx").is_file():
        out["cgd"] = {**known.get("cgd", {}), "gallery": {"file": CGD_GALLERY, "dim": CGD_DIM}}
        if "combined" in known:
            out["combined"] = known["combined"]
    if (folder / "specialist.onnx").is_file():
        groups, px = known["specialist"]["groups"], known["specialist"]["px"]
        vectors = [v for v in manifest["gallery"]["vectors"] if any(v["class"] in g for g in groups)]
        out["specialist"] = {"groups": groups, "px": px, "gallery": {"file": SPECIALIST_GALLERY, "dim": SPECIALIST_DIM, "vectors": vectors}}
    if (folder / "scene.onnx").is_file():
        out["scene"] = {"height": HEIGHT, "width": WIDTH}
    if (folder / "boosted.onnx").is_file():
        out["boosted"] = {"features": list(NAMES)}
    return out


def add_heads(folder):
    """The manifest with the heads of its folder, whose licences are written anew."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / LICENCES).write_text((HERE / LICENCES).read_text())
    heads = {name: head_entry(folder / f"{name}.onnx") for name in HEADS if (folder / f"{name}.onnx").is_file()}
    judges = judges_entry(folder, manifest)
    galleries = [judges[j]["gallery"] for j in ("cgd", "specialist") if "gallery" in judges.get(j, {})]
    rows = {CGD_GALLERY: len(manifest["gallery"]["vectors"]), SPECIALIST_GALLERY: len(judges.get("specialist", {}).get("gallery", {}).get("vectors", []))}
    for g in galleries:
        wanted, found = rows[g["file"]] * g["dim"] * 4, (folder / g["file"]).stat().st_size
        if wanted != found:
            raise SystemExit(f"{folder}/{g['file']} has {found} bytes, wanted {wanted}: train that head again")
    ours = {f"{n}.onnx" for n in HEADS} | set(rows)
    files = {name: entry for name, entry in manifest["files"].items() if name not in ours}
    for name in [LICENCES] + [h["file"] for h in heads.values()] + [g["file"] for g in galleries]:
        files[name] = digest(folder / name)
    return {**{k: v for k, v in manifest.items() if k not in ("heads", "judges")}, "files": files, "heads": heads, "judges": judges}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    a = args.parse_args()
    folder = Path(a.bundle)
    manifest = add_heads(folder)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print(f"{folder}: heads {', '.join(manifest['heads'])}; {sum(f['bytes'] for f in manifest['files'].values()) / 1e6:.1f} MB of files")


if __name__ == "__main__":
    main()

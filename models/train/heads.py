"""All heads of a bundle, one after the other, and what the manifest says of them.

    python3 -m train.heads --bundle bundles/first --scenes DIR --held-back DIR2 [--ablate]

Goes on where a head failed: say which with --only. A quarter of an hour on two cores once the features are there (`train/features.py`).
"""
import argparse
import subprocess
import sys

STEPS = ("features", "confusions", "head_cgd", "combine", "head_multi_label", "head_set", "head_boosted", "head_specialist", "head_scene")
ABLATED = {s for s in STEPS if s.startswith("head_")}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", default="bundles/first")
    args.add_argument("--scenes", action="append", default=[])
    args.add_argument("--held-back", action="append", default=[])
    args.add_argument("--ablate", action="store_true")
    args.add_argument("--only", action="append", choices=STEPS)
    a = args.parse_args()
    for step in a.only or STEPS:
        more = ["--ablate"] if a.ablate and step in ABLATED else []
        if step == "head_scene":
            if not a.scenes or not a.held_back:
                raise SystemExit("head_scene needs cups: --scenes and --held-back (models/train/train_heads.sh makes them)")
            more += [x for s in a.scenes for x in ("--scenes", s)] + [x for s in a.held_back for x in ("--held-back", s)]
        subprocess.run([sys.executable, "-m", f"train.{step}", "--bundle", a.bundle, *more], check=True)
    subprocess.run([sys.executable, "-m", "train.add_heads", "--bundle", a.bundle], check=True)


if __name__ == "__main__":
    main()

"""Which judge is the bundle's own: the one that turns most clean cups green, each judge at its own threshold, on the same judged calibration cups.

    python3 choose_judge.py --bundle bundles/first --cups photographs.jsonl [--dry-run]

Before `calibrate.py`, over the cups that it gets: a judge's threshold is where the walk ends (`calibration/walk.py`), above the worst bad cup by the
margin. A judge without one is out. Of equal ones the first named in SIMPLEST_FIRST. What was compared is kept in the manifest's provenance.
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

from calibration.trials import bad_cups, green_from, tempted
from calibration.walk import lowest_passing, shipped

SIMPLEST_FIRST = ("vote", "softmax-sum", "log-softmax-sum", "metric", "metric-mean", "multi-label", "cgd", "combined", "set", "specialist", "boosted", "scene", "grid")


def compared(cups):
    """judge → {threshold, green: clean cups over it, clean, tempted: bad cups that nothing but a threshold holds back, bad}, from the simplest judge on."""
    by_judge = defaultdict(list)
    for c in cups:
        by_judge[c["judge"]].append(c)
    found = {}
    for judge in sorted(by_judge, key=SIMPLEST_FIRST.index):
        bad, clean = bad_cups(by_judge[judge]), [c for c in by_judge[judge] if c["kind"] == "clean"]
        threshold = shipped(lowest_passing(tempted(bad))) if bad else None
        found[judge] = {"threshold": threshold, "green": sum(green_from(c) >= threshold for c in clean) if threshold is not None else 0, "clean": len(clean),
                        "tempted": sum(green_from(c) > 0 for c in bad), "bad": len(bad)}
    return found


def best(found):
    """The judge of `compared` with most clean cups green. Errors: ValueError where no judge has a threshold."""
    able = [judge for judge, row in found.items() if row["threshold"] is not None]
    if not able:
        raise ValueError(f"none of {', '.join(found)} has a threshold that no bad cup reaches: calibrate with more cups, or look at the bad ones that turned green")
    return max(able, key=lambda judge: found[judge]["green"])  # the first of equal ones


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    args.add_argument("--cups", required=True)
    args.add_argument("--dry-run", action="store_true", help="print, and leave the manifest as it is")
    a = args.parse_args()
    with open(a.cups) as f:
        found = compared(json.loads(line) for line in f)
    for judge, row in found.items():
        print(f"{judge:16} threshold {row['threshold']}: {row['green']} of {row['clean']} clean cups green; {row['tempted']} of {row['bad']} bad ones held back by a threshold alone")
    print(f"the bundle's judge: {best(found)}")
    if a.dry_run:
        return
    path = Path(a.bundle) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["judge"]["name"] = best(found)
    manifest["provenance"]["judge"] = {"rule": "most clean calibration cups of photographs green, each judge at its own threshold; of equal ones the simplest", "judges": found}
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()

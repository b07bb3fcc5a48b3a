"""Which designs' years the bundle does not read, from judged calibration cups of their sisters, written into the bundle's manifest.

    python3 unread.py --bundle bundles/first --cups years.jsonl

`years.jsonl` is what `cupcheck evaluate DIR --threshold=-1000 --cups-out years.jsonl` writes, over cups that were made as `other_year`. A design of
which one sister or more passes its own threshold gets `unread: ["year"]`; a station then takes it for not covered, unless its config says
that years don't matter (decision 0132). Run `calibrate.py` first. That all its sisters were stopped here is no bound: the report counts others.
"""
import argparse
import json
import re
from collections import Counter
from pathlib import Path

from calibration.trials import green_from
from report.measures import calibration_of

DETAIL = "year"


def holds_sister(cup):
    """Whether nothing else than sisters of the expected design (`generate/designs.py` names them by the years moved) does not belong."""
    wrong = {i["design"] for i in cup["truth"] if i["design"] != cup["expect"]}
    return bool(wrong) and all(re.fullmatch(re.escape(cup["expect"]) + r"[+-]\d+", str(d)) for d in wrong)


def mark(manifest, cups):
    """Writes `unread` of each design; returns by design (sisters' cups that passed, sisters' cups). Errors: ValueError where no cup holds a sister."""
    calibration = calibration_of(manifest, manifest["judge"]["name"])
    score = lambda design: calibration.score(design) if calibration else None
    sisters = [c for c in cups if holds_sister(c) and c.get("judge", manifest["judge"]["name"]) == manifest["judge"]["name"]]
    if not sisters:
        raise ValueError(f"no cup with a sister of another year by the judge {manifest['judge']['name']}, so there is nothing to tell by")
    tried = Counter(c["expect"] for c in sisters)
    passed = Counter(c["expect"] for c in sisters if score(c["expect"]) is not None and green_from(c) >= score(c["expect"]))
    for design in manifest["designs"]:
        design.pop("unread", None)
        if passed[design["id"]]:
            design["unread"] = [DETAIL]
    return {design: (passed[design], tried[design]) for design in tried}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--bundle", required=True)
    args.add_argument("--cups", required=True)
    a = args.parse_args()
    path = Path(a.bundle) / "manifest.json"
    manifest = json.loads(path.read_text())
    with open(a.cups) as f:
        found = mark(manifest, [json.loads(line) for line in f if line.strip()])
    manifest["provenance"]["years"] = {design: {"passed": passed, "sisters": tried} for design, (passed, tried) in sorted(found.items())}
    path.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    for design, (passed, tried) in sorted(found.items()):
        print(f"{design:20} {passed} of {tried} cups with a sister passed{': its year is unread' if passed else ''}")


if __name__ == "__main__":
    main()

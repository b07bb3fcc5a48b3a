"""What was tried to turn more clean cups green, each measured on the same cups; written by the machine only.

    cupcheck evaluate CUPS --bundle CANDIDATE --override not_covered --threshold=-1000 --cups-out judged.jsonl
    python3 -m report.attempts --name "detector trained on look 2" --cups judged.jsonl          adds a row to models/attempts.json

The cups are of the split `calibration`, never of `test-photo`. They are few, and some were looked at: they rank attempts and bound nothing.
"""
import argparse
import hashlib
import json
import subprocess
from pathlib import Path

from . import measures
from .outcomes import WORN, read
from .tables import markdown, percent

FILE = Path(__file__).resolve().parent.parent / "attempts.json"
SCORE = 0.05  # one threshold for all attempts


def measured(outcomes):
    """{clean, unworn: cups; green, unwornGreen: of them over SCORE; bad; falseGreens: over 0; atZero: clean ones over the worst bad one}"""
    at = lambda score: measures.from_score(outcomes, lambda o: score)
    unworn = lambda some: [o for o in some if o.worst_grade is not None and o.worst_grade >= WORN]
    (green, clean), (unworn_green, unworn_clean) = measures.coverage(at(SCORE)), measures.coverage(unworn(at(SCORE)))
    over_zero = at(0.0)
    return {"clean": clean, "green": green, "unworn": unworn_clean, "unwornGreen": unworn_green, "bad": sum(not o.clean for o in outcomes),
            "falseGreens": sum(o.false_green for o in over_zero), "atZero": measures.coverage(measures.over_every_false_green(over_zero))[0]}


def attempts_section(attempts):
    rows = [[a["name"], percent(a["green"] / a["clean"]), percent(a["unwornGreen"] / a["unworn"]), f"{a['falseGreens']} of {a['bad']}", percent(a["atZero"] / a["clean"]), a["commit"], a["cups"]]
            for a in attempts]
    head = ["attempt", f"clean cups green at {SCORE}", f"… no coin worn below grade {WORN}", "bad cups over 0", "clean cups green over the worst bad one", "commit", "cups"]
    said = "### For more green cups\n\nEach attempt by the judge that it names (else `metric`) on the same cups of the split `calibration` (where the last column is equal), in the order of time, each with what came before it. " \
           "The cups are few, and some were looked at: they rank, and bound nothing."
    return said + "\n\n" + markdown(head, rows)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--name", required=True)
    args.add_argument("--cups", required=True)
    args.add_argument("--judge", help="default: the only one of the cups' file")
    args.add_argument("--commit", help="of what was measured; default: where HEAD is")
    a = args.parse_args()
    by_judge = read(a.cups)
    if a.judge is None and len(by_judge) > 1:
        raise SystemExit(f"{a.cups} is of {len(by_judge)} judges: say which one with --judge")
    outcomes = by_judge[a.judge or next(iter(by_judge))]
    commit = a.commit or subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    cups = hashlib.sha256("\n".join(f"{o.image} {o.kind} {sorted(o.impostors)}" for o in outcomes).encode()).hexdigest()[:8]
    known = json.loads(FILE.read_text()) if FILE.is_file() else []
    known = [k for k in known if k["name"] != a.name] + [{"name": a.name, "commit": commit, "cups": cups, **measured(outcomes)}]
    FILE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    print(attempts_section(known))


if __name__ == "__main__":
    main()

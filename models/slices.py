"""Coverage of clean cups by wear and by number of coins, and what stops the rest, from judged cups.

    python3 slices.py cups.jsonl        (what `cupcheck evaluate DIR --cups-out cups.jsonl` writes)
"""
import json
import re
import sys
from collections import Counter

WORN = 7  # a grade below it is worn nearly flat


def grade(coin):
    """The grade of wear, 1 to 70, that a US coin's name ends in; None where it has none."""
    found = re.search(r"-(\d{1,2})$", coin or "")
    return int(found.group(1)) if found else None


def share(cups):
    green = sum(c["verdict"] == "green" for c in cups)
    return f"{green / len(cups):6.1%} ({green} of {len(cups)})" if cups else "  none"


def main():
    if len(sys.argv) != 2:
        raise SystemExit("python3 slices.py cups.jsonl")
    with open(sys.argv[1]) as f:
        clean = [c for c in map(json.loads, f) if c["kind"] == "clean"]
    worn = lambda c: any((grade(t["coin"]) or 70) < WORN for t in c["truth"])
    print(f"clean cups                        {share(clean)}")
    print(f"… no coin worn below grade {WORN}      {share([c for c in clean if not worn(c)])}")
    print(f"… some coin worn below grade {WORN}    {share([c for c in clean if worn(c)])}")
    for least, most in ((1, 3), (4, 6), (7, 10), (11, 20)):
        print(f"… {least:2} to {most:2} coins                  {share([c for c in clean if least <= len(c['truth']) <= most])}")
    stopped = Counter(c["expect"] for c in clean if c["verdict"] != "green")
    print("most often amber, by design: " + ", ".join(f"{d} {n} of {sum(c['expect'] == d for c in clean)}" for d, n in stopped.most_common(12)))
    alone = Counter(c["reasons"][0] for c in clean if len(c["reasons"]) == 1)
    print("amber for one reason alone: " + ", ".join(f"{r} {n}" for r, n in alone.most_common()))


if __name__ == "__main__":
    main()

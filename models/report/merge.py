"""Several folders of cups as one: links to their pictures under prefixed names, and one truth.

    python3 -m report.merge OUT PREFIX=FOLDER[:SOURCE:SEED] ...

Where a truth does not say what its cups were made of and with, SOURCE and SEED say it.
"""
import json
import os
import sys
from pathlib import Path


def merge(out, parts):
    """parts: (prefix, folder, source, seed); source and seed may be None. Returns the number of cups."""
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for prefix, folder, source, seed in parts:
        linked = set()
        with open(folder / "truth.jsonl") as f:
            cups = [json.loads(line) for line in f if line.strip()]
        for cup in cups:
            for field in ("image", "reference"):
                name = cup.get(field)
                if name is None:
                    continue
                cup[field] = f"{prefix}-{name}"
                if name not in linked:
                    linked.add(name)
                    link = out / cup[field]
                    link.unlink(missing_ok=True)
                    os.symlink((folder / name).resolve(), link)
            for field, value in (("source", source), ("seed", seed)):
                if value is not None:
                    cup.setdefault(field, value)
            lines.append(json.dumps(cup) + "\n")
    part = out / "truth.jsonl.part"
    part.write_text("".join(lines))
    part.rename(out / "truth.jsonl")
    return len(lines)


def parse(text):
    prefix, _, rest = text.partition("=")
    folder, *more = rest.split(":")
    if not prefix or not folder or len(more) not in (0, 2):
        raise SystemExit(f"{text!r}: wanted PREFIX=FOLDER or PREFIX=FOLDER:SOURCE:SEED")
    return prefix, Path(folder), more[0] if more else None, int(more[1]) if more else None


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    print(f"{merge(Path(sys.argv[1]), [parse(text) for text in sys.argv[2:]])} cups")

"""What was tried with each head, written by the machine only.

    python3 -m train.ablations        models/ablations.json → models/RECORD-heads.md
"""
import json
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent
FILE, PAGE = MODELS / "ablations.json", MODELS / "RECORD-heads.md"
HEADER = """# What was tried with the heads

Written by `python3 -m train.ablations` from `ablations.json`. All heads stand on the one frozen trunk of `bundles/first/items.onnx`. Every number is
from held-back coins (split `choosing`) in composited studio photographs and renderings: few coins, seen often. They rank options and bound nothing.
*Top-1*: the right design scores best of those of compatible size. *At zero*: right ones that score above every wrong one. *At 1 %*: above all but one
in a hundred wrong ones. The first row of each table is what the bundle has.
"""


class Table:
    """A head's rows, in place of what was there; kept as they come. The first is what the bundle gets."""

    def __init__(self, head, about):
        self.head, self.about, self.rows = head, about, []

    def add(self, option, numbers, loss=None):
        """`numbers`: {top1, atZero, atOne, right, wrong}; `loss`: the last one of its training."""
        self.rows.append({"option": option, "loss": loss, **numbers})
        print(self.head, self.rows[-1], flush=True)
        known = json.loads(FILE.read_text()) if FILE.is_file() else {}
        known[self.head] = {"about": self.about, "rows": self.rows}
        FILE.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(page(known))


def ablation_tables(known, heading):
    """A heading and a table for each head, in Markdown."""
    percent = lambda v: "–" if v is None else f"{v:.1%}"
    for head, table in sorted(known.items()):
        lines = [f"{heading} {head}", "", table["about"], "", "| option | last loss | top-1 | at zero | at 1 % | right / wrong |", "|---|---|---|---|---|---|"]
        for r in table["rows"]:
            loss = "–" if r.get("loss") is None else f"{r['loss']:.3f}"
            lines.append(f"| {r['option']} | {loss} | {percent(r.get('top1'))} | {percent(r.get('atZero'))} | {percent(r.get('atOne'))} | {r['right']} / {r['wrong']} |")
        yield "\n".join(lines)


def page(known):
    return "\n\n".join([HEADER.rstrip(), *ablation_tables(known, "##")]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(FILE.read_text())))
    print(PAGE)

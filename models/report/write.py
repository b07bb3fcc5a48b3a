"""models/REPORT.md from what was judged. `models/report.sh` runs everything before it, and this.

    python3 -m report.write --out REPORT.md --bundle bundles/first --commit HASH --photographs cups.jsonl --rendered cups.jsonl
        [--impostors cups.jsonl] [--timing cups.jsonl] [--made "COMMAND"]... [--known N=cups.jsonl]... [--years cups.jsonl] [--half cups.jsonl]
        [--no-scale text] [--scenes text] [--crowded text] [--ablations json]
        [--attempts json] [--enrolled json]
"""
import argparse
import hashlib
import json
from collections import Counter
from pathlib import Path

from generate.photographs import index, split_of
from train.ablations import ablation_tables
from .aims import aims_table
from .attempts import attempts_section
from .outcomes import read
from .tables import Judges, designs_table, judges_table, kinds_table, known_table, limits_table, percent, reasons_table, slices_table, weakest_line, weakest_table

INTRODUCTION = """The cups are composites: studio photographs with their light baked in, or coins rendered by us. **No real cup has been measured.**
The photographed coins are those of the split `test-photo`: other coins of the trained designs, never seen in training, choosing or calibration.

How to read the tables:

- *at no false green*: clean cups above the worst false green of these very cups. The threshold is chosen afterwards, so it flatters.
- *calibrated*: at the thresholds that the bundle ships, which were set on other coins. This is what a station does.
- Bounds are of P(green | bad cup), exact, one-sided at 95 %, and counted in trials: cups no two of which share a coin that did not
  belong ([how sure is green](../docs/how-sure-is-green.md)). They hold for cups like these alone.
- *: no threshold is calibrated for this judge; what stands there is *at no false green*."""


def kinds_line(outcomes):
    counts = Counter(o.kind for o in outcomes)
    return f"{len(outcomes)} cups: " + ", ".join(f"{n} {k}" for k, n in counts.most_common())


def optional_json(path):
    return json.loads(Path(path).read_text()) if path and Path(path).exists() else None


def boxed(path):
    return f"```\n{Path(path).read_text().rstrip()}\n```"


def half_line(judges, by_judge):
    """How the verdicts of the own judge differ where the items network's weights have 16 bits."""
    full = {o.image: o for o in judges.cups[judges.own]}
    pairs = [(full[o.image], o) for o in by_judge[judges.own]]
    other = sum((a.green, a.design) != (b.green, b.design) for a, b in pairs)
    moved = [abs(a.score - b.score) for a, b in pairs if a.score is not None and b.score is not None]
    return f"`cupcheck evaluate --precision fp16` on the first {len(pairs)} cups: {other} verdicts differ; scores move by at most {max(moved, default=0):.4f}."


def unread_line(manifest, at_work):
    """What a station says of these cups as it comes: a design whose year is not read is not covered (decision 0132)."""
    unread = {d["id"] for d in manifest["designs"] if "year" in d.get("unread", [])}
    passed = [o for o in at_work if o.green and o.design not in unread]
    left = sum(o.false_green for o in passed)
    return (f"**As a station comes, it takes {len(unread)} of {len(manifest['designs'])} designs for not covered, because their year is not read: then {left} of these sisters turn green**, "
            f"and {len(passed) - left} of the clean cups. The table is of a station that was told that years don't matter (`risk.unread: accept`), "
            "as are those of rendered coins above.")


def taught_line(manifest):
    """What keeps cups of enrolled designs amber: the floor of what is taught."""
    taught = manifest["provenance"]["chosen"]["unknownSimilarity"]["taught"]
    return (f"What limits it: an item counts as a taught design only where it is alike by {taught['floor']:.3f} or more, for 98 in 100 strangers are less "
            f"([decision 0134](../docs/decisions/0134-the-floor-of-what-is-taught.md)). Of {taught['items']} views of {taught['designs']} held-back designs {percent(taught['ownBelow'])} lie below it: "
            "the network describes designs that it was not trained on too much alike. The floor was first the highest of the bundle’s own, which was stricter.")


def share_coins(outcomes):
    return f"{len(frozenset().union(*(o.impostors for o in outcomes)))} coins that do not belong"


def trained_pictures():
    """design → photographs that it was trained on; empty where the photographs are not here."""
    return Counter(p.design for p in index() if p.set == "us-types" and split_of(p) == "train")


def cups_sections(title, judges, trained=None):
    """The tables of one set of cups."""
    yield f"## {title}"
    yield kinds_line(judges.cups[judges.own])
    yield judges_table(judges)
    yield "### False greens by kind of badness, with their bound on these cups"
    yield "*no threshold*: only what each judge itself refuses, and what the camera sees (sizes, counts, overlaps), is amber."
    yield kinds_table(judges)
    yield "### By what clean cups have in common"
    yield slices_table(judges, trained)


def page(a):
    manifest_bytes = (Path(a.bundle) / "manifest.json").read_bytes()
    manifest = json.loads(manifest_bytes)
    timing = read(a.timing) if a.timing else None
    enrolled = optional_json(a.enrolled)
    photographs = Judges(read(a.photographs), manifest, timing)
    rendered = Judges(read(a.rendered), manifest, timing) if a.rendered else None
    yield "# What the shipped bundle does"
    yield f"Written by `models/report.sh` at commit {a.commit} for the bundle {manifest['name']} {manifest['version']}, manifest sha256 `{hashlib.sha256(manifest_bytes).hexdigest()}`. Nothing here is typed by hand."
    if a.made:
        yield "```\n" + "\n".join(a.made) + "\n```"
    yield INTRODUCTION
    yield "## Aims"
    yield f"By `{photographs.own}`, the bundle’s judge, on the cups of photographs, size known."
    more_bad = read(a.impostors)[photographs.own] if a.impostors else []
    yield aims_table(photographs, enrolled, more_bad)
    if more_bad:
        yield f"The cups with one impostor are those of the next table and {len(more_bad)} more, of {share_coins(more_bad)}, which this judge alone judged."
    yield "What keeps clean cups from green, so far as the weakest coin of each tells:"
    yield limits_table(photographs.at_work[photographs.own])
    yield weakest_line(photographs.at_work[photographs.own]) + " On a coin that is worn flat there is often nothing left to be seen of its design. What was tried stands at the end."
    yield from cups_sections("Judges on photographed coins that training never saw", photographs, trained_pictures())
    if timing:
        yield "Milliseconds are medians of one job with one thread a network, over the first cups; *in all* is from decoding to the verdict. A judge that cuts out pictures of its own pays for that under *judging*."
    if rendered:
        yield from cups_sections("The same on rendered coins", rendered)
    yield f"## What keeps clean cups of photographs amber, by `{photographs.own}`"
    yield reasons_table(photographs)
    yield designs_table(photographs)
    yield "The coins that are the weakest of an amber cup most often. A coin’s name ends in its grade, from 1 (worn flat) to 70 (as struck)."
    yield weakest_table(photographs.at_work[photographs.own])
    if a.known:
        by_count = {int(n): read(path) for n, _, path in (text.partition("=") for text in a.known)}
        images = {o.image for found in by_count.values() for outcomes in found.values() for o in outcomes}
        whole = {name: [o for o in outcomes if o.image in images] for name, outcomes in photographs.cups.items()}
        yield "## By number of designs known"
        yield f"The first {len(images)} cups, judged as if the bundle knew fewer designs: the ordered one, and others that the cup’s name picks (`evaluate --designs`). Clean cups green at no false green; where a judge is calibrated also at its thresholds, and its false greens there. The thresholds were calibrated with all designs known."
        yield known_table(manifest, by_count, whole)
    if a.years:
        years = Judges(read(a.years), manifest)
        yield "## A known design of another year"
        yield kinds_line(years.cups[years.own]) + ". Struck coins, the year up; no bundle and no training knew these years."
        yield unread_line(manifest, years.at_work[years.own])
        yield judges_table(years)
    if enrolled is not None:
        yield "## Designs enrolled from photographs"
        yield enrolled["text"]
        yield taught_line(manifest)
    if a.no_scale:
        yield "## The first cups without a calibrated scale"
        yield boxed(a.no_scale)
    if a.half:
        yield "## The copy in half precision"
        yield half_line(photographs, read(a.half))
    if a.scenes:
        yield "## Real scenes: euro coins lying together (detector alone)"
        yield boxed(a.scenes)
    if a.crowded:
        yield "## Crowded cups: up to twenty coins, and coins that lie on others (detector alone)"
        yield boxed(a.crowded)
    yield "## The thresholds and what they rest on"
    yield "```json\n" + json.dumps({"thresholds": manifest["thresholds"], "judgeThresholds": manifest.get("judgeThresholds", {})}, indent=1) + "\n```"
    yield "## What was tried"
    ablations = optional_json(a.ablations)
    if ablations is not None:
        yield from ablation_tables(ablations, "###")
    if a.attempts and Path(a.attempts).exists():
        yield attempts_section(json.loads(Path(a.attempts).read_text()))
    yield "What each of the judge's rules is worth: [RECORD.md](RECORD.md)."
    yield "## Limits"
    yield "\n".join([
        "- Composited pictures are easier than real cups in some ways (no dirt, no capsules, one lamp at a time) and harder in others; only real ones tell.",
        "- Impostors repeat: the bounds speak of the trials that are counted, whatever the number of cups.",
        "- Of a design there are few coins. The table of designs above names those that cause most ambers; a share out of ten cups is a hint.",
        "- Confusion pairs and false greens as pictures are in the page that `cupcheck evaluate --report` writes. The photographs are not ours to pass on, so it stays out of the repository.",
    ])


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--bundle", required=True)
    args.add_argument("--commit", required=True)
    args.add_argument("--photographs", required=True, help="outcomes with a threshold so low that it stops nothing")
    args.add_argument("--rendered", help="the same of rendered cups")
    args.add_argument("--impostors", help="outcomes of more cups with one impostor, by the own judge")
    args.add_argument("--timing", help="outcomes of one job, for the milliseconds")
    args.add_argument("--made", action="append", default=[], help="a command that made the cups")
    args.add_argument("--half", help="outcomes of some of the photographs by the copy in half precision, at the lowest threshold too")
    args.add_argument("--years", help="outcomes of cups with sisters of another year")
    args.add_argument("--known", action="append", default=[], help="N=cups.jsonl: as if N designs were known")
    for name in ("no-scale", "scenes", "crowded", "ablations", "attempts", "enrolled"):
        args.add_argument(f"--{name}")
    a = args.parse_args()
    out = Path(a.out)
    part = out.with_suffix(".md.part")
    part.write_text("\n\n".join(page(a)) + "\n")
    part.rename(out)
    print(f"{out} is written")


if __name__ == "__main__":
    main()

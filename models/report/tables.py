"""The report's tables, as Markdown."""
from collections import Counter

from generate.photographs import FLAT, grade

from . import measures
from .outcomes import WORN
from .slices import slices

BAD_KINDS = ("one_impostor", "whole_wrong", "unknown_design", "foreign", "overlap", "wrong_count")


def percent(value, digits=1):
    return f"{100 * value:.{digits}f} %"


def share(part, of, digits=1):
    return percent(part / of, digits) if of else "–"


def markdown(head, rows):
    text = lambda cell: str(cell).replace("|", "\\|").replace("\n", " ")
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(text, row)) + " |" for row in lines)


class Judges:
    """Every judge's outcomes, as judged and where it operates: at its calibrated thresholds, else above its worst false green."""

    def __init__(self, by_judge, manifest, timing=None):
        own = manifest["judge"]["name"]
        self.names = sorted(by_judge, key=lambda name: name != own)  # stable: the bundle's own first
        self.own = self.names[0]
        self.cups = by_judge
        self.timing = timing or {}
        self.calibrations = {name: measures.calibration_of(manifest, name) for name in self.names}
        self.afterwards = {name: measures.over_every_false_green(by_judge[name]) for name in self.names}
        self.at_work = {name: self.afterwards[name] if c is None else measures.at_calibrated(by_judge[name], c) for name, c in self.calibrations.items()}

    def label(self, name):
        return name if self.calibrations[name] is not None else f"{name} *"

    def has_uncalibrated(self):
        return None in self.calibrations.values()


def calibration_bound(judges, name, outcomes, kind=None):
    """The bounds of the calibration that stand for these cups' designs, as "1.2 %" or "0.6 to 1.2 %"."""
    calibration = judges.calibrations[name]
    specs = [calibration.spec_of[d] for d in {o.expect for o in outcomes} if calibration is not None and d in calibration.spec_of]
    evidence = [s["evidence"] for s in specs if s["score"] is not None and s["evidence"] is not None]
    bounds = [e["bound"] if kind is None else e["kinds"].get(kind, {}).get("bound") for e in evidence]
    bounds = sorted({b for b in bounds if b is not None})
    if not bounds:
        return "–"
    return percent(bounds[0]) if len(bounds) == 1 else f"{100 * bounds[0]:.1f} to {percent(bounds[-1])}"


def judges_table(judges):
    head = ["judge", "clean cups green at no false green", "clean cups green, calibrated", "false greens, calibrated", "trials that failed",
            "bound on these cups", "bound of the calibration", "… for one impostor", "ms a cup for judging", "ms a cup in all"]
    rows = []
    for name in judges.names:
        after = share(*measures.coverage(judges.afterwards[name]))
        timed = judges.timing.get(name, [])
        ms = [f"{measures.quantile([o.judge_ms for o in timed], 0.5):.1f}", f"{measures.quantile([o.total_ms for o in timed], 0.5):.0f}"] if timed else ["–", "–"]
        if judges.calibrations[name] is None:
            rows.append([name, after, *["not calibrated"] * 2, *["–"] * 4, *ms])
            continue
        risk = measures.risk(judges.at_work[name])
        rows.append([name, after, share(*measures.coverage(judges.at_work[name])), f"{risk.false_greens} of {risk.cups}", f"{risk.failed} of {risk.trials}", percent(risk.bound),
                     calibration_bound(judges, name, judges.cups[name]), calibration_bound(judges, name, judges.cups[name], "one_impostor"), *ms])
    return markdown(head, rows)


def kinds_table(judges):
    """False greens by kind, where the judge operates; in the last rows those of the whole run, at no threshold."""
    present = [k for k in BAD_KINDS if any(o.kind == k and not o.clean for o in judges.cups[judges.own])]
    cell = lambda r: f"{r.false_greens} of {r.cups}, ≤ {percent(r.bound)}"
    calibrated = [n for n in judges.names if judges.calibrations[n] is not None]
    rows = [[f"{name}, calibrated", *(cell(measures.risk(judges.at_work[name], k)) for k in present)] for name in calibrated]
    rows += [[f"{name}, no threshold", *(cell(measures.risk(judges.cups[name], k)) for k in present)] for name in judges.names]
    return markdown(["judge", *present], rows)


def slices_table(judges, trained=None):
    clean = [o for o in judges.at_work[judges.own] if o.clean]
    rows = [[name, sum(map(holds, clean)), *(share(*measures.coverage([o for o in judges.at_work[j] if o.clean and holds(o)])) for j in judges.names)]
            for name, holds in slices(clean, trained)]
    return markdown(["clean cups", "cups", *map(judges.label, judges.names)], rows)


def reasons_table(judges):
    outcomes = judges.at_work[judges.own]
    count = lambda of_clean: Counter(r for o in outcomes if o.clean == of_clean and not o.green for r in o.reasons)
    clean, bad = count(True), count(False)
    alone = Counter(o.reasons[0] for o in outcomes if o.clean and not o.green and len(o.reasons) == 1)
    rows = [[r, clean[r], alone[r], bad[r]] for r, _ in (clean + bad).most_common()]
    return markdown(["reason", "clean cups", "… and nothing else", "bad cups"], rows)


def designs_table(judges, most=15):
    clean = [o for o in judges.at_work[judges.own] if o.clean]
    of, ambers = Counter(o.expect for o in clean), Counter(o.expect for o in clean if not o.green)
    why = {d: Counter(r for o in clean if o.expect == d and not o.green for r in o.reasons) for d in ambers}
    rows = [[d, n, of[d], ", ".join(f"{r} {k}" for r, k in why[d].most_common(3))] for d, n in ambers.most_common(most)]
    return markdown(["design", "amber", "of its clean cups", "reasons most often"], rows)


def weakest_line(outcomes, few=(5, 10, 25)):
    """How much of the ambers of clean cups the weakest coin of each explains: in one of few designs a coin that the network misreads lies in many cups."""
    ambers = [o for o in outcomes if o.clean and not o.green and o.weakest]
    if not ambers:
        return "No clean cup with a scored item stayed amber."
    counts = [n for _, n in Counter(o.weakest for o in ambers).most_common()]
    shares = ", ".join(f"the {k} that come first in {share(sum(counts[:k]), len(ambers))}" for k in few if k < len(counts))
    coins = len(frozenset().union(*(o.coins for o in outcomes if o.clean)))
    return f"In {len(ambers)} ambers of clean cups the item with the lowest score was one of {len(counts)} coins, of {coins} that lay in clean cups{': ' + shares if shares else ''}."


# What was said of an amber cup: the first that holds.
SAID = (("like another design", lambda reasons: not reasons.isdisjoint({"mixed_designs", "wrong_design"})), ("like none", lambda reasons: "unknown_design" in reasons),
        ("right, not sure enough", lambda reasons: reasons <= {"low_margin", "not_covered"}), ("of another size, covered or not counted", lambda reasons: True))


def limits_table(outcomes):
    """Where clean cups are lost: by how worn the weakest coin of each amber is, and by what was said of the cup."""
    clean = [o for o in outcomes if o.clean]
    wear = {f"worn flat (below grade {FLAT})": range(1, FLAT), f"worn below grade {WORN}": range(FLAT, WORN), f"grade {WORN} and better": range(WORN, 71), "of no known grade": (None,)}
    rows = []
    for name, grades in wear.items():
        mine = [frozenset(o.reasons) for o in clean if not o.green and grade(o.weakest) in grades]
        said = Counter(next(text for text, holds in SAID if holds(reasons)) for reasons in mine)
        if mine:
            rows.append([name, len(mine), share(len(mine), len(clean)), *(said[text] for text, _ in SAID)])
    return markdown(["the weakest coin of the cup is", "amber", "of all clean cups", *(text for text, _ in SAID)], rows)


def weakest_table(outcomes, most=15):
    """The coins that are the weakest of amber clean cups most often. A coin's name ends in its grade, from 1 (worn flat) to 70."""
    clean = [o for o in outcomes if o.clean]
    ambers = Counter(o.weakest for o in clean if not o.green and o.weakest)
    lay, reasons = Counter(c for o in clean for c in o.coins), {c: Counter(r for o in clean if not o.green and o.weakest == c for r in o.reasons) for c in ambers}
    rows = [[c, n, lay[c], ", ".join(f"{r} {k}" for r, k in reasons[c].most_common(3))] for c, n in ambers.most_common(most)]
    return markdown(["coin", "weakest of an amber cup", "clean cups that it lay in", "reasons most often"], rows)


def known_table(manifest, by_count, whole):
    """by_count: designs known → judge → outcomes. whole: the same cups' outcomes with all designs known."""
    total = len(manifest["designs"])
    columns = [(str(n), Judges(found, manifest)) for n, found in sorted(by_count.items()) if n < total] + [(f"all {total}", Judges(whole, manifest))]
    names = [name for name in columns[-1][1].names if all(name in judges.cups for _, judges in columns)]

    def cell(judges, name):
        after = share(*measures.coverage(judges.afterwards[name]))
        if judges.calibrations[name] is None:
            return after
        risk = measures.risk(judges.at_work[name])
        return f"{after}; {share(*measures.coverage(judges.at_work[name]))}, {risk.false_greens} of {risk.cups}"

    return markdown(["judge", *(f"{label} designs" for label, _ in columns)], [[name, *(cell(judges, name) for _, judges in columns)] for name in names])



"""What the report counts. Bounds are exact, one-sided at 95 %, in trials as the calibration counts them (`calibration/trials.py`)."""
from dataclasses import dataclass, replace

from calibration.bounds import upper_bound
from calibration.trials import counted


@dataclass(frozen=True)
class Calibration:
    """A judge's thresholds in a bundle, by design."""
    spec_of: dict  # design id → {"score", "evidence"}

    def score(self, design):
        spec = self.spec_of.get(design)
        return None if spec is None else spec["score"]


def calibration_of(manifest, judge):
    """None where the bundle has no threshold for this judge."""
    table = manifest["thresholds"] if judge == manifest["judge"]["name"] else manifest.get("judgeThresholds", {}).get(judge, {})
    spec_of = {}
    for design in manifest["designs"]:
        spec = table.get(design["threshold"])
        while spec is not None and spec["score"] is None:  # not enough evidence of its own: a wider one may serve
            spec = table.get(spec.get("wider"))
        if spec is not None:
            spec_of[design["id"]] = spec
    return Calibration(spec_of) if spec_of else None


def from_score(outcomes, score_of):
    """The outcomes as they are with other, higher thresholds: a cup is green where it was green in the run and its score reaches it."""
    def at(o):
        if not o.green:
            return o
        wanted = score_of(o)
        if wanted is not None and o.score is not None and o.score >= wanted:
            return o
        return replace(o, green=False, false_green=False, reasons=("not_covered",) if wanted is None else ("low_margin",))
    return [at(o) for o in outcomes]


def at_calibrated(outcomes, calibration):
    return from_score(outcomes, lambda o: calibration.score(o.design))


def over_every_false_green(outcomes):
    """Just above the worst false green of these very cups: it flatters."""
    worst = max((o.score for o in outcomes if o.false_green and o.score is not None), default=None)
    return outcomes if worst is None else from_score(outcomes, lambda o: o.score if o.score is not None and o.score > worst else None)


def coverage(outcomes):
    """(clean cups that are green, clean cups)"""
    clean = [o for o in outcomes if o.clean]
    return sum(o.green and not o.false_green for o in clean), len(clean)


def recall(outcomes):
    """(items that the detector found, items of which enough is seen)"""
    return sum(o.found for o in outcomes), sum(o.plain for o in outcomes)


@dataclass(frozen=True)
class Risk:
    cups: int
    false_greens: int
    trials: int
    failed: int
    bound: float


def risk(outcomes, kind=None):
    bad = [o for o in outcomes if (not o.clean or o.false_green) and kind in (None, o.kind)]
    trials = [bad[k].impostors for k in counted([o.impostors for o in bad])]
    passed = frozenset().union(*(o.impostors for o in bad if o.false_green))
    failed = sum(bool(coins & passed) for coins in trials)
    return Risk(len(bad), sum(o.false_green for o in bad), len(trials), failed, upper_bound(failed, len(trials)))


def quantile(values, share):
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))] if ordered else 0.0

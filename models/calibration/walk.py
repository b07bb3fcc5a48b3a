"""Learn-then-Test (arXiv 2110.01052) on a fixed grid, in fixed sequence from the strictest threshold.

A threshold passes while no trial has failed and the exact bound stays under MAX_BOUND; the first that fails ends the walk. What ships is
the last that passed, plus MARGIN.

The printed bound U holds for the shipped threshold, though it was chosen on the same cups. For n trials and no failure U is one number,
known before the walk. Be t* the first threshold of the walk whose true risk is above U. The walk comes past it only if none of n
independent trials fails there, and that has a probability below (1 − U)^n = 1 − confidence. So no share of δ is spent on the number of
thresholds; a second walk over the same cups, with another judge or grid, would spend it. The margin only makes the threshold stricter.

What δ is shared among. The pooled bound is one statement for all designs of the pool together, at the mix of kinds that was counted. The
bound of a kind is a statement of its own at the same confidence; the four need not hold at once. `anyMix` is the one that needs them to:
δ is split evenly among the kinds, so it holds whatever the mix of kinds is. Designs and families each have their own δ (see `scopes`).
"""
import numpy as np

from .bounds import CONFIDENCE, upper_bound
from .trials import BAD_KINDS, bad_cups, by_expected_design, by_impostor_design, tempted

MAX_BOUND = 0.05
MARGIN = 0.10  # of the own score; 0.02 was tried first, see decision 0116
GRID = [round(0.60 - 0.01 * i, 2) for i in range(61)]
POOLED = "shared"  # δ: one statement for all designs that the threshold serves


def lowest_passing(scores, max_bound=MAX_BOUND):
    """The lowest threshold of the grid that passes, or None. `scores`: what `tempted` gives."""
    if upper_bound(0, len(scores)) > max_bound:
        return None
    top = float(np.max(scores))
    best = None
    for t in GRID:
        if top >= t:
            break
        best = t
    return best


def shipped(passed):
    return None if passed is None else round(passed + MARGIN, 2)


def row(scores, threshold, confidence=CONFIDENCE):
    failures = int(np.sum(np.asarray(scores) >= threshold))
    return {"coins": len(scores), "falseGreens": failures, "bound": round_up(upper_bound(failures, len(scores), confidence))}


def round_up(bound):
    """A bound is never printed smaller than it is."""
    return min(1.0, float(np.ceil(bound * 1e4 - 1e-9) / 1e4))


def evidence(bad, threshold, pool):
    """The manifest's record of what carries `threshold`; `coins` and `distinctCoins` are trials."""
    kinds = {k: tempted([c for c in bad if c["kind"] == k]) for k in BAD_KINDS}
    split = 1 - (1 - CONFIDENCE) / len(BAD_KINDS)
    total = row(tempted(bad), threshold)
    strangers = [c for c in bad if c["kind"] != "foreign"]
    return {"pool": pool, "distinctCoins": total["coins"], "distinctDesigns": len(set().union(*map(by_impostor_design, strangers))),
            "falseGreens": total["falseGreens"], "bound": total["bound"], "confidence": CONFIDENCE, "delta": POOLED,
            "anyMix": max(row(scores, threshold, split)["bound"] for scores in kinds.values()),
            "newDesigns": {"impostor": row(tempted(strangers, by_impostor_design), threshold), "expected": row(tempted(bad, by_expected_design), threshold)},
            "kinds": {k: row(scores, threshold) for k, scores in kinds.items()}}


def calibrate(cups, pool_designs, pool="pool", at_least=None):
    """{score, evidence} of the designs `pool_designs`, from judged cups (`cupcheck evaluate --cups-out`); both None where nothing passes.

    Cups that expect another design are left out. `at_least`: a stricter threshold that counts where the own walk goes below it.
    """
    served = set(pool_designs)
    bad = bad_cups([c for c in cups if c["expect"] in served])
    score = shipped(lowest_passing(tempted(bad))) if bad else None
    if score is None:
        return {"score": None, "evidence": None}
    if at_least is not None:
        score = max(score, at_least)
    return {"score": score, "evidence": evidence(bad, score, pool)}

"""What counts as one piece of evidence: a bad cup none of whose impostor coins counts elsewhere.

Where each cup holds one impostor these trials are the distinct impostor coins, however many cups a coin lay in. A cup full of wrong coins
is green only if every one of them fools the judge, so it has tried the judge once, not once a coin: it counts once, and its coins no more.
Which cups count is decided by what lies in them, never by how they were judged. A trial has failed where any cup of its coins turned green,
counted or not; so every false green is a failure of at least one trial.
"""
import numpy as np

BAD_KINDS = ("whole_wrong", "one_impostor", "foreign", "unknown_design")
FREE_REASONS = {"not_covered", "low_margin"}  # what a threshold alone decides

NEVER = -np.inf


def green_from(cup):
    """The highest threshold at which the cup would be green; −inf where something else than the threshold holds it amber."""
    free = cup["score"] is not None and set(cup["reasons"]) <= FREE_REASONS
    return float(cup["score"]) if free else NEVER


def impostors(cup):
    """The coins that do not belong: (design, coin) of each. A thing without a name is one of its own."""
    wrong = [(n, i) for n, i in enumerate(cup["truth"]) if i["design"] != cup["expect"]]
    return {(i["design"], i["coin"] if i["coin"] is not None else f"{cup['image']}#{n}") for n, i in wrong}


def bad_cups(cups):
    """Cups that hold impostors, of the kinds that are bounded. Errors: ValueError where one was judged without an order."""
    bad = [c for c in cups if c["kind"] in BAD_KINDS]
    for c in bad:
        if c["expect"] is None:
            raise ValueError(f"{c['image']}: a {c['kind']} cup without an expected design has no impostor; calibrate on ordered cups")
    return [c for c in bad if impostors(c)]


def by_coin(cup):
    return impostors(cup)


def by_impostor_design(cup):
    return {design for design, _ in impostors(cup)}


def by_expected_design(cup):
    return {cup["expect"]}


def counted(sets):
    """Indices of the cups that count as trials, from the things that they hold; whatever became of them."""
    taken, trials = set(), []
    for k in sorted(range(len(sets)), key=lambda k: len(sets[k])):
        if not sets[k] & taken:
            taken |= sets[k]
            trials.append(k)
    return trials


def tempted(cups, clusters=by_coin):
    """float64 [trials]: for each trial the highest threshold at which one of the cups that share a cluster with it would be green.

    `clusters(cup)` → the things whose cups are one piece of evidence. Cups with the fewest come first, since they are the sharpest trials.
    """
    sets = [clusters(c) for c in cups]
    trials = counted(sets)
    worst = {}
    for cup, members in zip(cups, sets):
        for m in members:
            worst[m] = max(worst.get(m, NEVER), green_from(cup))
    return np.array([max(worst[m] for m in sets[k]) for k in trials])

"""What the models are meant to reach, beside what was measured."""
from . import measures
from .outcomes import PLAIN, WORN
from .tables import markdown, percent, share

ALL, UNWORN = 0.97, 0.99  # clean cups of trained designs
IMPOSTORS = 3000  # cups with one impostor, none green
FOUND = 0.995  # items that are mostly seen
ENROLLED = (0.90, 0.95)  # clean cups of designs enrolled from pictures: all, and unworn


def distance(part, of, wanted):
    if not of:
        return "not measured"
    missing = wanted - part / of
    return "reached" if missing <= 0 else f"{100 * missing:.1f} points short"


def aims_table(judges, enrolled, more_bad=()):
    """enrolled: {"all": [green, cups], "unworn": [green, cups]} or None where no run measured it.
    `more_bad`: outcomes of more cups with one impostor by the own judge, as judged.
    """
    outcomes = judges.at_work[judges.own]
    clean = measures.coverage(outcomes)
    unworn = measures.coverage([o for o in outcomes if o.worst_grade is not None and o.worst_grade >= WORN])
    calibration = judges.calibrations[judges.own]
    one = measures.risk([*outcomes, *(measures.at_calibrated(more_bad, calibration) if calibration else more_bad)], "one_impostor")
    found_items = measures.recall(outcomes)
    cups = one.cups
    impostor = f"{one.false_greens} of {cups}"
    short = "reached" if one.false_greens == 0 and cups >= IMPOSTORS else f"{one.false_greens} false green{'s' * (one.false_greens != 1)}, {max(0, IMPOSTORS - cups)} cups fewer than aimed at"
    found = enrolled or {}
    taught = [found.get("all") or (0, 0), found.get("unworn") or (0, 0)]
    rows = [
        ["clean cups of trained designs green", f"{percent(ALL)}", f"{share(*clean)} ({clean[0]} of {clean[1]})", distance(*clean, ALL)],
        [f"… no coin worn below grade {WORN}", f"{percent(UNWORN)}", f"{share(*unworn)} ({unworn[0]} of {unworn[1]})", distance(*unworn, UNWORN)],
        ["false greens of cups with one impostor", f"0 of ≥ {IMPOSTORS}", f"{impostor}; {one.failed} of {one.trials} trials failed, bound {percent(one.bound)}", short],
        [f"items found by the detector, {100 * PLAIN:.0f} % of them seen or more", percent(FOUND), f"{share(*found_items, 2)} ({found_items[0]} of {found_items[1]})", distance(*found_items, FOUND)],
        *[[name, percent(wanted), f"{share(*t)} ({t[0]} of {t[1]})" if t[1] else "–", distance(*t, wanted)]
          for name, wanted, t in zip(("clean cups of enrolled designs green", f"… no coin worn below grade {WORN}"), ENROLLED, taught)],
    ]
    return markdown(["aim", "wanted", "measured", "distance"], rows)

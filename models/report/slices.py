"""Clean cups by what they have in common."""
from generate.photographs import FLAT

from .outcomes import WORN

COUNTS = ((1, 3), (4, 6), (7, 10), (11, 20))
PICTURES = ((1, 19), (20, 27), (28, 999))  # of both sides, that a design was trained on


def slices(clean, trained=None):
    """(name, whether an outcome is in it) for each slice that holds some of these clean cups. `trained`: design → pictures of it that the training had."""
    found = [("all clean cups", lambda o: True)]
    found += [(f"{least} to {most} items", lambda o, a=least, b=most: a <= o.items <= b) for least, most in COUNTS]
    found += [
        ("no back up", lambda o: o.backs == 0),
        ("up to half of them backs", lambda o: o.backs is not None and 0 < o.backs <= 0.5),
        ("over half of them backs", lambda o: o.backs is not None and 0.5 < o.backs < 1),
        ("all of them backs", lambda o: o.backs == 1),
        (f"no coin worn below grade {WORN}", lambda o: o.worst_grade is not None and o.worst_grade >= WORN),
        (f"some coin worn below grade {WORN}, none below {FLAT}", lambda o: o.worst_grade is not None and FLAT <= o.worst_grade < WORN),
        (f"some coin worn flat (below grade {FLAT})", lambda o: o.worst_grade is not None and o.worst_grade < FLAT),
        (f"some coin worn below grade {WORN}", lambda o: o.worst_grade is not None and o.worst_grade < WORN),
    ]
    found += [(f"of a design trained on {f'{least} to {most}' if most < 999 else f'{least} or more'} pictures", lambda o, a=least, b=most: a <= trained.get(o.expect, 0) <= b)
              for least, most in (PICTURES if trained else ())]
    sets = sorted({o.set for o in clean})
    if len(sets) > 1:
        found += [(f"set {name}", lambda o, s=name: o.set == s) for name in sets]
    sources = sorted({o.source for o in clean if o.source})
    if len(sources) > 1:
        found += [(f"made of {name}", lambda o, s=name: o.source == s) for name in sources]
    return [(name, holds) for name, holds in found if any(map(holds, clean))]

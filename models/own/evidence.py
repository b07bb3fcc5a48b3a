"""Which judged cups stand behind a threshold. A bad cup of photographed coins always counts. Drawn coins and drawn objects are easier
to tell from photographs than anything real, so one that stays amber counts for nothing; one that would be green counts against."""
import json

from calibration.trials import BAD_KINDS, bad_cups, green_from, tempted

DRAWN = {"rendered", "foreign"}
GOALS = (0.05, 0.03, 0.02, 0.01, 0.001)


def read_cups(path):
    with open(path) as f:
        return [json.loads(line) for line in f if line.strip()]


def wrong_items(cup):
    return [i for i in cup["truth"] if i["design"] != cup["expect"]]


def of_drawn_things(cup):
    return cup["kind"] in BAD_KINDS and any(i["set"] in DRAWN for i in wrong_items(cup))


def photographed(cups):
    return [c for c in cups if not of_drawn_things(c)]


def passing_drawn(cups, threshold):
    """Cups of drawn things that would be green."""
    return [c for c in cups if of_drawn_things(c) and threshold is not None and green_from(c) >= threshold]


def trials(cups):
    """Distinct wrong coins that the cups tried, as `calibration/trials.py` counts them."""
    return len(tempted(bad_cups(cups)))

"""What `cupcheck evaluate --cups-out` wrote, read line by line into what the report needs: thousands of cups by a dozen judges stay small."""
import json
from dataclasses import dataclass

from generate.photographs import grade

WORN = 7  # a grade below it is worn nearly flat
PLAIN = 0.6  # an item of which so much is seen has to be found


@dataclass(frozen=True, slots=True)
class Outcome:
    """One cup by one judge."""
    image: str
    kind: str
    clean: bool
    expect: str | None
    design: str | None  # that it was judged as
    green: bool
    false_green: bool
    score: float | None
    reasons: tuple
    items: int
    backs: float | None  # share of items with the back up
    worst_grade: int | None  # None: not known of each of its coins
    set: str
    source: str | None  # what the cups were made of
    impostors: frozenset  # coins that did not belong; the cup itself where none is to blame
    coins: frozenset  # all that lay in it, as far as they have names
    weakest: str | None  # the coin of the item with the lowest score
    plain: int  # items of which at least PLAIN is seen
    found: int  # … that the detector found
    judge_ms: float
    total_ms: float


def impostors(cup):
    wrong = [(n, i) for n, i in enumerate(cup["truth"]) if i["design"] != cup["expect"]]
    return frozenset(i["coin"] or f"{i['design']}:{cup['image']}:{n}" for n, i in wrong) or frozenset([f"cup:{cup['image']}"])


def weakest(cup):
    scored = [i for i in cup["items"] if i.get("matched") and i.get("score") is not None]
    return min(scored, key=lambda i: i["score"])["coin"] if scored else None


def outcome(cup):
    grades = [grade(i["coin"]) for i in cup["truth"]]
    plain = [i for i in cup["truth"] if i["visible"] >= PLAIN]
    green = cup["verdict"] == "green"
    wrong = green and (not cup["greenAllowed"] or (cup["truthDesign"] is not None and cup["design"] != cup["truthDesign"]))
    return Outcome(
        image=cup["image"], kind=cup["kind"], clean=cup["greenAllowed"], expect=cup["expect"], design=cup["design"], green=green, false_green=wrong,
        score=cup["score"], reasons=tuple(cup["reasons"]), items=cup["trueItems"], backs=cup["backs"],
        worst_grade=min(grades) if grades and None not in grades else None,
        set=cup["truth"][0]["set"] or "not said" if cup["truth"] else "not said", source=cup["source"], impostors=impostors(cup),
        coins=frozenset(i["coin"] for i in cup["truth"] if i["coin"]), weakest=weakest(cup),
        plain=len(plain), found=sum(i["found"] for i in plain),
        judge_ms=cup["ms"].get("judge", 0.0), total_ms=sum(cup["ms"].values()))


def read(path):
    """judge → its outcomes, in the order of the cups; judges in the order of the file."""
    by_judge = {}
    with open(path) as f:
        for line in f:
            cup = json.loads(line)
            by_judge.setdefault(cup["judge"], []).append(outcome(cup))
    return by_judge

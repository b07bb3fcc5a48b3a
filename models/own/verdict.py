"""What a person reads in the end: does it work, how surely, and what stands in the way."""
from collections import Counter, defaultdict

from calibration.bounds import trials_needed
from calibration.trials import bad_cups, tempted
from calibration.walk import GRID, MAX_BOUND
from .evidence import GOALS, of_drawn_things, photographed, trials, wrong_items
from .split import SHARES

MOST_LINES = 12
TRIED_SHARE = 0.8
SAYS = {
    "low_margin": "too little difference from another design, or too worn",
    "unknown_design": "a coin resembled no example enough: more examples, worn ones too, would help",
    "mixed_designs": "a coin resembled another design more",
    "wrong_design": "a coin resembled another design more",
    "wrong_size": "a coin measured too large or too small: check diameter_mm",
    "overlap": "coins seemed to overlap",
    "unexplained": "something else was seen in the cup",
    "count_mismatch": "a coin was not found, or found twice",
    "blur": "blurred", "exposure": "too dark or too bright",
    "crop_too_small": "the picture has too few pixels a millimetre",
    "uninformative": "only sides were up that designs share",
    "not_covered": "no threshold could be calibrated"}


def percent(value):
    return f"{100 * value:.1f} %"


def share(part, whole):
    return f"{percent(part / whole)} ({part} of {whole})" if whole else "none tried"


def plural(count, thing):
    return f"{count} {thing}{'' if count == 1 else 's'}"


def false_greens(cups):
    return [c for c in cups if c["verdict"] == "green" and not c["greenAllowed"]]


def greens_for_a_wrong_one(bound, coverage, bad=0.01):
    """Of so many greens one may be wrong, where `bad` of the cups are bad and `coverage` of the clean ones turn green."""
    return int(1 + (1 - bad) * coverage / (bad * bound))


def _bound_lines(manifest, pool, cups, coverage):
    threshold = manifest["thresholds"][pool]
    if threshold["score"] is not None:
        e = threshold["evidence"]
        one = e["kinds"]["one_impostor"]
        return [f"threshold {threshold['score']}, from {e['distinctCoins']} different wrong coins, none of them green:",
                f"of bad cups at most {percent(e['bound'])} turn green, at {percent(e['confidence'])} confidence",
                f"of cups with one wrong coin among right ones at most {percent(one['bound'])} ({one['coins']} coins)",
                *([f"in words: with one bad cup in a hundred, up to one green in {greens_for_a_wrong_one(e['bound'], coverage):,} may be wrong"] if coverage else [])]
    coins, least = trials(cups), trials_needed(MAX_BOUND)
    if coins < least:
        return [f"no threshold: {coins} different wrong coins were there to calibrate with, wanted {least} at least"]
    failed = int((tempted(bad_cups(cups)) >= GRID[0]).sum())
    return [f"no threshold: even at the strictest, {plural(failed, 'wrong coin')} made a cup green; see the designs that look alike"]


def _more_coins(designs, coins):
    """How many more coins a design carry the next bounds."""
    out = []
    for goal in GOALS:
        wanted = trials_needed(goal)
        if wanted > coins:
            more = -(-int((wanted - coins) / SHARES["calibration"]) // max(1, designs))
            out.append(f"  for a bound of {percent(goal)}: {wanted} coins to calibrate with (now {coins}), about {more} more a design")
    return out[:3]


def _evidence_lines(manifest, cups, listed):
    """What would make the bound better: more cups where not each coin was tried yet, else more coins; strangers."""
    tried, there = trials(cups), len({c["coin"] for c in listed if c["part"] == "calibration"})
    out = []
    if tried < TRIED_SHARE * there:
        out.append(f"  only {tried} of {there} coins to calibrate with came up as a wrong coin: more cups (--cups) give a better bound")
    else:
        more = _more_coins(len(manifest["designs"]), tried)
        out += ["  too few coins for a better bound:", *["  " + line for line in more]] if more else []
    if not any(c["design"] == "" for c in listed):
        out.append("  no photographs of strangers: the bound says nothing of coins of other designs than yours")
    return out


def _by_design(manifest, clean, parts):
    rows = defaultdict(lambda: [0, 0, Counter()])
    for c in clean:
        row = rows[c["expect"]]
        row[0] += c["verdict"] == "green"
        row[1] += 1
        row[2].update(c["reasons"][:1])
    out = ["design                coins (examples+calibration+test)   clean cups green"]
    for d in manifest["designs"]:
        green, tried, why = rows[d["id"]]
        p = parts.get(d["id"], Counter())
        coins = f"{sum(p.values())} ({p['train']}+{p['calibration']}+{p['test-photo']})"
        reason = f"   mostly {why.most_common(1)[0][0]}" if why and green < tried else ""
        out.append(f"  {d['id']:<20}{coins:<36}{green} of {tried}{reason}")
    return out


def _false_green_lines(wrong):
    out = []
    for c in wrong[:MOST_LINES]:
        coins = ", ".join(sorted({f"{i['coin']} ({i['design']})" for i in wrong_items(c)}))
        out.append(f"  {c['image']}: ordered {c['expect']}; in it {coins}")
    return out


def verdict(manifest, pool, calibration, test, listed, notes):
    """Lines of text; whether it covers anything and made no false green; the false greens."""
    covered = [d["id"] for d in manifest["designs"] if d["threshold"] and manifest["thresholds"][d["threshold"]]["score"] is not None]
    clean = [c for c in test if c["kind"] == "clean"]
    bad = [c for c in test if not c["greenAllowed"]]
    real = [c for c in bad if not of_drawn_things(c)]
    wrong = false_greens(test)
    parts = defaultdict(Counter)
    for coin, design, part in {(c["coin"], c["design"], c["part"]) for c in listed["coins"]}:
        parts[design][part] += 1
    own = [c for c in listed["coins"] if c["design"]]
    n = len(manifest["designs"])
    coverage = sum(c["verdict"] == "green" for c in clean) / len(clean) if clean else 0.0
    lines = [f"{manifest['name']} {manifest['version']}: {n} designs, {len(own)} photographs of {len({c['coin'] for c in own})} coins", "",
             f"covered      {len(covered)} of {n} designs",
             f"clean cups   {share(sum(c['verdict'] == 'green' for c in clean), len(clean))} green",
             f"false greens {len(wrong)} of {len(bad)} bad cups; {len({i['coin'] for c in real for i in wrong_items(c)})} different wrong coins from photographs"
             + (f", {len(bad) - len(real)} cups with drawn things" if len(real) < len(bad) else "")]
    lines += [("bound        " if k == 0 else "             ") + line for k, line in enumerate(_bound_lines(manifest, pool, photographed(calibration), coverage))]
    lines += ["The cups were composed from your photographs; no cup of your station has been judged.", ""]
    if wrong:
        lines += ["FALSE GREENS in the test. Do not use this bundle: look at these cups first (in the work folder, cups-test/).", *_false_green_lines(wrong), ""]
    lines += _by_design(manifest, clean, parts)
    lines += ["", "What limits it"]
    reasons = Counter(c["reasons"][0] for c in clean if c["verdict"] != "green" and c["reasons"])
    lines += [f"  {plural(count, 'clean cup')} amber: {reason} ({SAYS.get(reason, 'see docs/mqtt.md, reasons')})" for reason, count in reasons.most_common(5)]
    pairs = manifest["judge"].get("lookAlikes", [])
    names = lambda pair: " and ".join(manifest["classes"][k]["id"] for k in pair["classes"])
    lines += [f"  look alike: {names(p)}; one must lead the other by {p['margin']} more" for p in pairs[:MOST_LINES]]
    if len(pairs) > MOST_LINES:
        lines.append(f"  … and {len(pairs) - MOST_LINES} more pairs, in the manifest (judge.lookAlikes)")
    lines += _evidence_lines(manifest, photographed(calibration), listed["coins"])
    left = listed["left"]
    if left:
        lines += ["", f"{plural(len(left), 'photograph')} in which no coin was found, left out:", *[f"  {path}: {why}" for path, why in left[:MOST_LINES]]]
        if len(left) > MOST_LINES:
            lines.append(f"  … and {len(left) - MOST_LINES} more; all of them in left-out.txt of the work folder")
    if notes:
        lines += ["", "To know", *[f"  {note}" for note in notes[:MOST_LINES]]]
    return lines, bool(covered) and not wrong, wrong

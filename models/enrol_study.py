"""Designs that training never saw, taught from 1, 3, 5 and 10 photographs a side, and cups of their other coins.

    python3 enrol_study.py --out DIR                                # the split test-design: once, for a reported number
    python3 enrol_study.py --out DIR --source rendered --split choosing     # while working on it

`cupcheck enrol add` teaches the studio photographs themselves, with the diameter, or, with `--station`, pictures of one coin
in a station's empty cup. `cupcheck evaluate --gallery --override not_covered` judges the cups: the same cups for every number
of photographs, of coins that were not taught.
Impostors: of the same series where there is one (designs that repeat one picture), else any, mostly of the same size.
Composited studio photographs; no real cup has been measured.
"""
import argparse
import json
import shutil
import subprocess
from collections import defaultdict
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

from generate.camera import expose, jpeg
from generate.compose import lay_out, paint
from generate.cups import SAME_SIZE_MM, SAME_SIZE_SHARE, room_for, truth_line
from generate.photographs import data_dir
from generate.pools import POOLS
from generate.singles import single
from generate.station import make_station
from report.outcomes import WORN, read

NUMBERS = (1, 3, 5, 10)
AIMED = 5  # photographs a side that the aims speak of
LEFT = 5  # coins of a design that are never taught, at least
COMMAND = [str(Path(__file__).resolve().parent.parent / "bin" / "cupcheck")]


def families():
    """By US design: the name of its series, "" where it stands alone; and the designs that were trained."""
    import csv
    family, trained = {}, set()
    with open(data_dir() / "index.csv", newline="") as f:
        for r in csv.DictReader(f):
            if r["set"] == "us-types":
                family[r["design"]] = r["family"]
                if r["split"] == "train":
                    trained.add(r["design"])
    return family, trained


class Photographed:
    """Taught designs and their impostors, from photographs."""

    def __init__(self, split):
        self.taught, self.known = POOLS["photographs"](split), POOLS["photographs"]("test-photo")
        self.family, self.trained = families()
        self.designs = self.taught.designs

    def coins(self, design):
        return sorted(c for c, sides in self.taught.coins[design].items() if {"obverse", "reverse"} <= set(sides))

    def pool_of(self, design):
        return self.taught if design in self.taught.coins else self.known

    def piece(self, design, coin, side, rng):
        pool = self.pool_of(design)
        sides = pool.coins[design][coin]
        return pool._piece(design, coin, {side: sides[side]} if side else sides, rng)

    def others(self, design):
        return [d for d in [*self.taught.designs, *self.known.designs] if d != design]

    def siblings(self, design):
        return [d for d in self.others(design) if self.family[design] and self.family[d] == self.family[design]]

    def has_trained_sibling(self, design):
        return bool(self.family[design]) and any(self.family[d] == self.family[design] for d in self.trained)

    def draw(self, design, count, rng):
        pool = self.pool_of(design)
        coins = sorted(pool.coins[design])
        return [self.piece(design, str(c), None, rng) for c in rng.choice(coins, min(count, len(coins)), replace=False)]

    def diameter_mm(self, design):
        return self.taught.mm[design]


class Struck:
    """The same from rendered designs, for working on this script."""

    def __init__(self, split):
        self.pool = POOLS["rendered"](split)
        self.designs = sorted(self.pool.strangers)

    def coins(self, design):
        return [str(s) for s in range(self.pool.first, self.pool.first + 20)]

    def piece(self, design, coin, side, rng):
        from dataclasses import replace
        piece = self.pool.draw(design, 1, rng, side)[0]
        return replace(piece, seed=int(coin), coin=f"{design}-{coin}")

    def others(self, design):
        return [d for d in [*self.pool.designs, *self.designs] if d != design]

    def siblings(self, design):
        return []

    def has_trained_sibling(self, design):
        return False

    def draw(self, design, count, rng):
        return self.pool.draw(design, count, rng)

    def diameter_mm(self, design):
        return self.pool.diameter_mm(design)


def source_of(a):
    return (Photographed if a.source == "photographs" else Struck)(a.split)


def split_coins(source, design, seed):
    """(coins to teach, in order; coins for cups)"""
    coins = list(np.random.default_rng([seed, len(design), 1]).permutation(source.coins(design)))
    taught = max(1, min(NUMBERS[-1], len(coins) - LEFT))
    return [str(c) for c in coins[:taught]], [str(c) for c in coins[taught:]]


def impostors(source, design, kind, count, rng):
    others = source.siblings(design) if kind.endswith("series") else [d for d in source.others(design) if d not in source.siblings(design)]
    near = [d for d in others if abs(source.diameter_mm(d) - source.diameter_mm(design)) <= SAME_SIZE_MM]
    table = near if near and (kind.endswith("series") or rng.uniform() < SAME_SIZE_SHARE) else others
    return source.draw(str(rng.choice(table)), count, rng)


def cup(source, design, kind, station, coins, rng):
    limit = min(len(coins), 10, room_for(source.diameter_mm(design), station.radius_mm))
    count = int(rng.integers(min(2, limit), limit + 1))
    own = [source.piece(design, str(c), None, rng) for c in rng.choice(coins, count, replace=False)]
    if kind == "clean":
        return own
    if kind.startswith("whole"):
        return impostors(source, design, kind, count, rng)
    return own[:-1] + impostors(source, design, kind, 1, rng)


def design_pictures(job):
    """Everything of one design: its pictures for enrolment, and its cups. Truth lines."""
    a, number, design = job
    cv2.setNumThreads(1)
    out, source = Path(a.out), source_of(a)
    taught, left = split_coins(source, design, a.seed)
    station = make_station(a.seed * 100003 + number)
    reference = f"empty-{number:04d}.jpg"
    jpeg(expose(station.bottom.copy(), station, np.random.default_rng([a.seed, number, 5])), out / "cups" / reference, station.quality)
    for n, coin in enumerate(taught if a.station else []):
        for side in ("obverse", "reverse"):
            rng = np.random.default_rng([a.seed, number, n, len(side), 11])
            single(out / "singles" / f"{design}-{side}-{n:02d}.jpg", source.piece(design, coin, side, rng), station, rng)
    kinds = ["clean"] * a.clean
    for n in range(a.bad):
        kinds.append(("one", "whole")[n % 3 == 2] + ("-series" if source.siblings(design) and n % 2 == 0 else "-other"))
    lines = []
    for n, kind in enumerate(kinds):
        rng = np.random.default_rng([a.seed, number, n, 3])
        for _ in range(30):
            pieces = cup(source, design, kind, station, left, rng)
            if lay_out(pieces, station.radius_mm, rng):
                break
        else:
            raise SystemExit(f"no {kind} cup of {design} fits")
        name = f"cup-{number:02d}-{n:02d}.jpg"
        jpeg(expose(paint(station, pieces, rng), station, rng), out / "cups" / name, station.quality)
        lines.append(truth_line(name, kind, pieces, design, len(pieces), design if kind == "clean" else None, station, reference))
    return lines


def cupcheck(*words, may_fail=False):
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True)
    if done.returncode and not may_fail:
        raise SystemExit(f"cupcheck {' '.join(map(str, words))}\n{done.stderr[-2000:]}{done.stdout[-2000:]}")
    return done


def pictures_of(a, source, out, design, side):
    """The pictures to teach one side by, in order, and what says their scale."""
    if a.station:
        return sorted((out / "singles").glob(f"{design}-{side}-*.jpg")), ("--px-per-mm", 7)
    taught, _ = split_coins(source, design, a.seed)
    return [data_dir() / source.taught.coins[design][coin][side].file for coin in taught], ()


def teach(a, source, out):
    """A gallery of all pictures, and of each smaller number the first ones of every side. By number: pictures refused."""
    whole, order, refused = out / f"gallery-{NUMBERS[-1]}", {}, []
    for design in source.designs:
        for side in ("obverse", "reverse"):
            pictures, scale = pictures_of(a, source, out, design, side)
            order.update({str(p)[-200:]: n for n, p in enumerate(pictures)})
            refused += [order[str(p)[-200:]] for p in teach_pictures(whole, design, side, source.diameter_mm(design), pictures, scale)]
    gallery = json.loads((whole / "gallery.json").read_text())
    for number in NUMBERS[:-1]:
        some = out / f"gallery-{number}"
        some.mkdir(exist_ok=True)
        (some / "gallery.json").write_text(json.dumps({**gallery, "additions": [x for x in gallery["additions"] if order[x["picture"]["name"]] < number]}))
    return {number: sum(n < number for n in refused) for number in NUMBERS}


def teach_pictures(gallery, design, side, mm, pictures, scale):
    """All at once; where one is refused, one by one, so that the others count. The refused ones."""
    words = ("enrol", "add", "--json", "--gallery", gallery, "--design", design, "--side", side, "--diameter-mm", mm, *scale)
    if not cupcheck(*words, *pictures, may_fail=True).returncode:
        return []
    refused = []
    for picture in pictures:
        done = cupcheck(*words, picture, may_fail=True)
        if done.returncode:
            print(done.stdout, done.stderr, flush=True)
            refused.append(picture)
    return refused


def aim(out):
    """Clean cups green with AIMED photographs a side: {"all": [green, cups], "unworn": the same where no coin is worn}."""
    clean = [o for judged in read(out / f"judged-{AIMED}.jsonl").values() for o in judged if o.kind == "clean"]
    unworn = [o for o in clean if o.worst_grade is not None and o.worst_grade >= WORN]
    return {name: [sum(o.green for o in some), len(some)] for name, some in (("all", clean), ("unworn", unworn))}


def share(part, whole):
    return f"{part} of {whole}" + (f" ({part / whole:.0%})" if whole else "")


def report(source, out, refused):
    rows = ["| photographs a side | clean cups green, all | … no trained sibling | … trained sibling | false greens, series | false greens, others | pictures refused |", "|---|---|---|---|---|---|---|"]
    for number in NUMBERS:
        cups = [json.loads(line) for line in open(out / f"judged-{number}.jsonl")]
        green = lambda some: share(sum(c["verdict"] == "green" for c in some), len(some))
        clean = [c for c in cups if c["kind"] == "clean"]
        alone = [c for c in clean if not source.has_trained_sibling(c["expect"])]
        sibling = [c for c in clean if source.has_trained_sibling(c["expect"])]
        rows.append(f"| {number} | {green(clean)} | {green(alone)} | {green(sibling)} | {green([c for c in cups if c['kind'].endswith('series')])} "
                    f"| {green([c for c in cups if c['kind'].endswith('other')])} | {refused[number]} |")
    by_design = defaultdict(dict)
    for number in NUMBERS:
        for c in map(json.loads, open(out / f"judged-{number}.jsonl")):
            if c["kind"] == "clean":
                got = by_design[c["expect"]].setdefault(number, [0, 0])
                got[0] += c["verdict"] == "green"
                got[1] += 1
    rows += ["", "| design | " + " | ".join(map(str, NUMBERS)) + " |", "|---" * (len(NUMBERS) + 1) + "|"]
    rows += [f"| {d}{' (trained sibling)' if source.has_trained_sibling(d) else ''} | " + " | ".join(f"{by_design[d][n][0]} of {by_design[d][n][1]}" for n in NUMBERS) + " |" for d in sorted(by_design)]
    said = f"The {len(source.designs)} designs of the split, taught by `cupcheck enrol add` from photographs of their coins; the same {len(cups)} cups of other coins for every number, judged with `--override not_covered`: no bound covers them."
    text = "\n".join([said, "", *rows]) + "\n"
    (out / "report.md").write_text(text)
    (out / "enrolled.json").write_text(json.dumps({**aim(out), "text": text}, indent=1, ensure_ascii=False) + "\n")
    print(text)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--out", required=True)
    args.add_argument("--source", default="photographs", choices=["photographs", "rendered"])
    args.add_argument("--split", default="test-design")
    args.add_argument("--station", action="store_true", help="teach pictures of a station's camera; always so for rendered designs")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--clean", type=int, default=6, help="clean cups a design")
    args.add_argument("--bad", type=int, default=6, help="bad cups a design")
    args.add_argument("--processes", type=int, default=2)
    a = args.parse_args()
    a.station |= a.source == "rendered"
    out, source = Path(a.out), source_of(a)
    for folder in ("cups", "singles"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    with Pool(a.processes) as workers:
        lines = [line for some in workers.imap(design_pictures, [(a, i, d) for i, d in enumerate(source.designs)]) for line in some]
    (out / "cups" / "truth.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{len(lines)} cups of {len(source.designs)} designs", flush=True)
    refused = teach(a, source, out)
    for number in NUMBERS:
        cupcheck("evaluate", out / "cups", "--gallery", out / f"gallery-{number}", "--override", "not_covered", "--cups-out", out / f"judged-{number}.jsonl", "--jobs", a.processes, "--quiet", may_fail=True)
    report(source, out, refused)


if __name__ == "__main__":
    main()

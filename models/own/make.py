"""From a folder of photographs of one's own coins to a bundle that knows them, with its threshold, its bound and a verdict.

    cd models
    python3 -m own.make --photos FOLDER --check
    python3 -m own.make --photos FOLDER --out bundles/mine

Nothing is trained: the shipped network describes the coins, the photographs are its examples. What is kept between runs lies in
OUT.work; a run that was stopped goes on, and one after more photographs does again only what they change. docs/my-own-coins.md is the guide.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read as torch loads: threads that spin take the processor from all others
import torch

from calibration.bounds import trials_needed
from . import bundle, choose, cuts, evidence
from .folder import read_folder
from .split import SAYS, SHARES, split
from .steps import Steps
from .verdict import verdict

MODELS = Path(__file__).resolve().parent.parent
# evidence is counted in distinct wrong coins, so that most cups hold one each (decision 0073)
CALIBRATION_KINDS = "clean=2,one_impostor=10,whole_wrong=1,unknown_design=2,foreign=1"
TEST_KINDS = "clean=6,one_impostor=5,whole_wrong=2,unknown_design=2,foreign=1"
LEAST_MEASURED = 160  # items, to choose a size tolerance by


def say(text):
    print(text, flush=True)


def call(*command, output=None):
    """Runs a program of the repository; what it prints goes to `output`, or is shown. Returns its exit status, 0 or 1."""
    with open(output or os.devnull, "w") as out:
        status = subprocess.run([str(c) for c in command], cwd=MODELS, stdout=out if output else None).returncode
    if status not in (0, 1) or (status == 1 and output is None):
        raise SystemExit(f"{' '.join(str(c) for c in command)}: ended with {status}; what it said stands above" + (f" and in {output}" if output else ""))
    return status


def show_folder(designs, photos, parts, notes):
    for d in designs:
        coins = {p.coin for p in photos if p.design == d.id}
        p = Counter(parts[c] for c in coins)
        say(f"  {d.id:<20} {len(coins):>3} coins, {sum(q.design == d.id for q in photos):>3} photographs: " + ", ".join(f"{p[k]} {SAYS[k]}" for k in ("train", "choosing", "calibration", "test-photo")))
    strangers = {p.coin for p in photos if not p.design}
    say(f"  strangers            {len(strangers):>3}")
    coins = sum(part == "calibration" for part in parts.values())
    reach = [g for g in evidence.GOALS if trials_needed(g) <= coins]
    if reach:
        say(f"  {coins} coins to calibrate with: the bound can become {100 * min(reach):g} % or a little better, at no false green")
    else:
        wanted = trials_needed(evidence.GOALS[0])
        say(f"  {coins} coins to calibrate with are too few for any bound, wanted {wanted}: about {-(-int((wanted - coins) / SHARES['calibration']) // len(designs))} more a design, or some strangers")
    for note in notes:
        say(f"  note: {note}")


def calibrate_bundle(work):
    """Runs `calibrate.py` over the cups of photographed coins; then again with those of drawn things that would be green."""
    cups, manifest = evidence.read_cups(work / "judged-calibration.jsonl"), work / "bundle" / "manifest.json"
    counted = evidence.photographed(cups)
    for _ in range(20):
        (work / "counted.jsonl").write_text("".join(json.dumps(c) + "\n" for c in counted))
        call(sys.executable, "calibrate.py", "--bundle", work / "bundle", "--pool", bundle.POOL, "--cups", work / "counted.jsonl", output=work / "calibrated.txt")
        score = json.loads(manifest.read_text())["thresholds"][bundle.POOL]["score"]
        passing = evidence.passing_drawn([c for c in cups if c not in counted], score)
        if not passing:
            return
        say(f"      at {score} {len(passing)} cups of drawn things would be green: they count against")
        counted += passing
    raise SystemExit("calibration found no end; please report this, with the work folder's judged-calibration.jsonl")


def publish(work, out):
    """The finished bundle takes the place of the last one at once."""
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(work / "bundle", part)
    if out.exists():
        old = out.with_name(out.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
        part.rename(out)
        shutil.rmtree(old)
    else:
        part.rename(out)


def hand_over(work, out, named, usable, wrong):
    """Publishes the bundle, unless it made a false green: then what was in `out` stays. Returns what to say."""
    if wrong:
        return f"{named} stays as it was: a bundle that made a false green is not handed over. It lies in {work / 'bundle'}, to look into."
    publish(work, out)
    return f"The bundle is in {named}." if usable else f"The bundle is in {named}; it covers nothing, so that every cup is amber."


def made_here(folder):
    """Whether this command made the bundle."""
    path = folder / "manifest.json"
    return path.is_file() and "own.make" in json.loads(path.read_text()).get("provenance", {}).get("command", "")


def check_paths(a):
    base, out = Path(a.bundle).resolve(), Path(a.out).resolve()
    if not (base / "manifest.json").is_file():
        raise SystemExit(f"--bundle is {a.bundle!r}, which holds no manifest.json; wanted the shipped bundle, bundles/first")
    if out.exists() and not made_here(out):
        raise SystemExit(f"--out is {a.out!r}, which is there and was not made by own.make; name another folder")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", a.name or out.name):
        raise SystemExit(f"--name is {a.name or out.name!r}, wanted letters, digits, _ - and .")
    if not (MODELS.parent / "dist" / "cli").is_dir():
        raise SystemExit("cupcheck itself is not built yet: run npm run setup in the repository's root first")
    return base, out


def make(a):
    base, out = check_paths(a)
    work = Path(a.work or f"{out}.work").resolve()
    designs, photos, notes = read_folder(a.photos)
    parts = split(photos)
    say(f"{a.photos}: {len(designs)} designs, {len(photos)} photographs")
    show_folder(designs, photos, parts, notes)
    if a.check:
        return 0
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(a.photos).resolve()
    steps = Steps(work, 9, say)
    stat = lambda p: (p.stat().st_size, p.stat().st_mtime_ns)
    listed = [[d.id, d.name, d.diameter_mm, d.same] for d in designs], [[p.path, *stat(folder / p.path)] for p in photos]
    steps.run("find the coins in the photographs", [str(folder), listed], ["cuts.npy", "coins.json"], lambda: cuts.cut_all(folder, designs, photos, parts, work, lambda t: say("      " + t)))
    left = json.loads((work / "coins.json").read_text())["left"]
    (work / "left-out.txt").write_text("".join(f"{path}: {why}\n" for path, why in left))

    def examples():
        from item_study import bundle_network
        net = bundle_network(base)[0]
        _, count = bundle.make_bundle(base, work / "bundle", work, a.name or out.name, a.version, f"own.make --name {a.name or out.name}", net)
        say(f"      {count} examples")
    base_key = (base / "manifest.json").read_text()
    steps.run("describe the examples", [base_key, a.name or out.name, a.version], ["bundle"], examples)

    def cups(to, split_name, count, kinds, seed):
        call(sys.executable, "-m", "generate.cups", "--source", "folder", "--folder", work, "--out", work / to, "--seed", seed, "--cups", count, "--split", split_name,
             "--kinds", kinds, "--px-per-mm", a.px_per_mm, "--processes", a.jobs)

    def judge(what):
        call(MODELS.parent / "bin" / "cupcheck", "evaluate", work / f"cups-{what}", "--bundle", work / "bundle", "--jobs", a.jobs, "--cups-out", work / f"judged-{what}.jsonl", output=work / f"judged-{what}.txt")

    mixed = max(10, -(-LEAST_MEASURED // min(len(designs), 8)))
    steps.run("compose cups to choose by", [a.px_per_mm, mixed], ["cups-choosing"], lambda: cups("cups-choosing", "choosing", mixed, "mixed=1", 51))

    def look():
        call("node", "items_seen.mjs", work / "cups-choosing", work / "seen", work / "bundle")
        chosen = choose.choose(work / "bundle", work / "seen", bundle.base_floor(base))
        floor, tolerance = chosen["unknownSimilarity"], chosen["tolerance"]
        say(f"      sizes within {100 * tolerance['share']:.1f} %; known from {floor['floor']} on, {100 * floor['knownBelow']:.1f} % of your coins are below; {chosen['lookAlikes']['pairs']} pairs look alike")
    steps.run("choose tolerances, floors and look-alikes", [], ["seen.jsonl", "seen.u8"], look)
    steps.run("compose calibration cups", [a.cups, CALIBRATION_KINDS], ["cups-calibration"], lambda: cups("cups-calibration", "calibration", a.cups, CALIBRATION_KINDS, 21))
    steps.run("judge them", [], ["judged-calibration.jsonl"], lambda: judge("calibration"))
    steps.run("calibrate", [], ["calibrated.txt"], lambda: calibrate_bundle(work))
    steps.run("compose test cups", [a.test_cups, TEST_KINDS], ["cups-test"], lambda: cups("cups-test", "test-photo", a.test_cups, TEST_KINDS, 31))
    steps.run("judge them, with the threshold", [], ["judged-test.jsonl"], lambda: judge("test"))
    manifest = json.loads((work / "bundle" / "manifest.json").read_text())
    lines, usable, wrong = verdict(manifest, bundle.POOL, evidence.read_cups(work / "judged-calibration.jsonl"), evidence.read_cups(work / "judged-test.jsonl"), json.loads((work / "coins.json").read_text()), notes)
    (work / "verdict.txt").write_text("\n".join(lines) + "\n")
    say("\n" + "\n".join(lines) + "\n")
    say(hand_over(work, out, a.out, usable, wrong))
    return 0 if usable else 1


def main(argv=None):
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--photos", required=True, metavar="FOLDER", help="designs.csv and a folder a design")
    args.add_argument("--check", action="store_true", help="look at the folder, say what the photographs can carry, and stop")
    args.add_argument("--bundle", default=str(MODELS / "bundles" / "first"), help="whose networks are used (default: the shipped one)")
    args.add_argument("--out", default=str(MODELS / "bundles" / "mine"), help="the new bundle (default: bundles/mine)")
    args.add_argument("--name", help="its name in results (default: that of its folder)")
    args.add_argument("--version", default="1.0.0")
    args.add_argument("--work", help="what is kept between runs (default: OUT.work)")
    args.add_argument("--cups", type=int, default=400, help="calibration cups (default: 400)")
    args.add_argument("--test-cups", type=int, default=240, help="test cups (default: 240)")
    args.add_argument("--px-per-mm", type=float, default=7.0, help="of the cups, as your station's camera has it (default: 7)")
    args.add_argument("--jobs", type=int, default=2, help="processes side by side (default: 2)")
    a = args.parse_args(argv)
    torch.set_num_threads(min(2, a.jobs))
    return make(a)


if __name__ == "__main__":
    sys.exit(main())

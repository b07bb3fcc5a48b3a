"""A folder of one's own photographs: designs.csv and a folder a design. Everything that is wrong with it is told at once.

    FOLDER/designs.csv                        design,name,diameter_mm[,obverse_of][,reverse_of]
    FOLDER/<design>/obverse/<coin>_*.jpg      and reverse/, or any/ where the sides are not sorted
    FOLDER/_strangers/*.jpg                   other round things that may turn up (optional)

What stands before the first `_` of a file's name is the coin: the same in obverse/ and reverse/ = the same coin.
"""
import csv
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

PICTURES = (".jpg", ".jpeg", ".png")
SIDES = ("obverse", "reverse")
STRANGERS = "_strangers"
COLUMNS, MORE_COLUMNS = ("design", "name", "diameter_mm"), ("obverse_of", "reverse_of")
LEAST_COINS = 8  # a design: three to know it by, one to choose with, three to calibrate, one to test
LEAST_MM, MOST_MM = 8.0, 60.0
CAMERA_NAME = re.compile(r"(IMG|DSC|DSCN|DSCF|PXL|MVIMG|P|DJI|GOPR|photo|image|scan)", re.IGNORECASE)


@dataclass(frozen=True)
class Design:
    id: str
    name: str
    diameter_mm: float
    same: tuple  # ((side, the design whose picture that side repeats), …)

    def picture_of(self, side):
        """The design whose picture this side shows: its own, or another's that it repeats."""
        return dict(self.same).get(side, self.id)


@dataclass(frozen=True)
class Photo:
    path: str    # inside the folder
    design: str  # "" = a stranger
    side: str    # obverse, reverse, any
    coin: str


class FolderProblems(SystemExit):
    """All that is wrong, a line each, as one message for a person."""

    def __init__(self, folder, problems):
        self.problems = problems
        super().__init__("\n".join([f"{folder}: {len(problems)} thing{'s' if len(problems) > 1 else ''} to put right", *[f"  - {p}" for p in problems]]))


def read_designs(folder, problems):
    path = Path(folder) / "designs.csv"
    if not path.is_file():
        problems.append(f"designs.csv is missing; wanted is a table with the columns {','.join(COLUMNS)}")
        return []
    with open(path, newline="", encoding="utf-8-sig") as f:
        text = f.read()
    if text.partition("\n")[0].count(";") >= 2:
        problems.append("designs.csv is separated by semicolons; save it separated by commas, with a point in numbers (25.75)")
        return []
    table = csv.DictReader(text.splitlines())
    header = [h.strip() for h in table.fieldnames or []]
    wrong = [h for h in header if h not in COLUMNS + MORE_COLUMNS]
    missing = [c for c in COLUMNS if c not in header]
    if wrong or missing:
        problems.append(f"designs.csv, row 1: the columns are {','.join(header)}; wanted {','.join(COLUMNS)}, and if need be {','.join(MORE_COLUMNS)}")
        return []
    out = []
    for number, raw in enumerate(table, start=2):
        row = {(k or "").strip(): (v if isinstance(v, str) else "").strip() for k, v in raw.items()}
        where = f"designs.csv, row {number}"
        if None in raw:
            problems.append(f"{where}: there are more values than columns; put a name that holds a comma into quotes")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,59}", row["design"]):
            problems.append(f"{where}: design is {row['design']!r}, wanted letters, digits, - and . (it is the folder's name)")
            continue
        if row["design"] in {d.id for d in out}:
            problems.append(f"{where}: design {row['design']!r} stands in an earlier row too")
            continue
        try:
            mm = float(row["diameter_mm"])
        except ValueError:
            mm = 0.0
        if not LEAST_MM <= mm <= MOST_MM:
            problems.append(f"{where}: diameter_mm is {row['diameter_mm']!r}, wanted a number from {LEAST_MM:g} to {MOST_MM:g}, as 25.75")
        out.append(Design(row["design"], row["name"] or row["design"], mm, tuple((s, row[f"{s}_of"]) for s in SIDES if row.get(f"{s}_of"))))
    known = {d.id: d for d in out}
    for d in out:
        for side, other in d.same:
            if other not in known or other == d.id:
                problems.append(f"designs.csv: {side}_of of {d.id!r} is {other!r}, wanted another design of the table")
            elif known[other].picture_of(side) != other:
                problems.append(f"designs.csv: {side}_of of {d.id!r} is {other!r}, which itself repeats {known[other].picture_of(side)!r}; name that one")
    if not problems and len(out) < 2:
        problems.append(f"designs.csv lists {len(out)} design, wanted 2 at least: without another one there is nothing to be mistaken for")
    return out


def _pictures(folder, root, notes):
    found = []
    for p in sorted(folder.iterdir()):
        if p.name.startswith("."):
            continue
        if p.is_file() and p.suffix.lower() in PICTURES:
            found.append(p)
        else:
            notes.append(f"{p.relative_to(root)} was left out: {'a folder' if p.is_dir() else 'no .jpg or .png'}")
    return found


def coin_of(path):
    return path.stem.partition("_")[0]


def _photos_of(design, root, problems, notes):
    folder, out = root / design.id, []
    if not folder.is_dir():
        problems.append(f"{design.id}/ is missing: designs.csv lists the design {design.id!r}")
        return out
    sides = [p.name for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    loose = [p.name for p in sorted(folder.iterdir()) if p.is_file() and p.suffix.lower() in PICTURES]
    if loose:
        problems.append(f"{design.id}/{loose[0]} lies beside the side's folders ({len(loose)} such); move it into obverse/, reverse/ or any/")
    strange = [s for s in sides if s not in SIDES + ("any",)]
    if strange:
        problems.append(f"{design.id}/{strange[0]}/ is no side; wanted obverse/ and reverse/, or any/ where they are not sorted")
    if "any" in sides and set(sides) & set(SIDES):
        problems.append(f"{design.id}/ has any/ and sorted sides; wanted one or the other")
    for side in sides:
        if side in SIDES + ("any",):
            out += [Photo(str(p.relative_to(root)), design.id, side, f"{design.id}-{coin_of(p)}") for p in _pictures(folder / side, root, notes)]
    return out


def _check_coins(design, photos, problems):
    coins = {p.coin for p in photos}
    if "any" not in {p.side for p in photos}:
        for side in SIDES:
            if design.picture_of(side) == design.id and not any(p.side == side for p in photos):
                problems.append(f"{design.id}/{side}/ holds no photograph; a coin that shows this side would never be known")
    names = Counter(coin_of(Path(p.path)) for p in photos)
    if names and len(photos) >= 4:
        prefix, count = names.most_common(1)[0]
        if count > len(photos) / 2 and (len(coins) == 1 or CAMERA_NAME.fullmatch(prefix)):
            problems.append(f"{design.id}/: {count} of {len(photos)} names begin with {prefix + '_'!r}, so they count as one coin; "
                            "what stands before the first _ names the coin: call them 01_a.jpg, 02_a.jpg, …")
            return
    if len(coins) < LEAST_COINS:
        problems.append(f"{design.id}/ shows {len(coins)} coins in {len(photos)} photographs, wanted {LEAST_COINS} coins at least")


def _check_twins(root, photos, problems):
    seen = defaultdict(list)
    for p in photos:
        seen[(root / p.path).stat().st_size].append(p)
    by_digest = {}
    for group in seen.values():
        for p in group if len(group) > 1 else ():
            digest = hashlib.sha256((root / p.path).read_bytes()).hexdigest()
            first = by_digest.setdefault(digest, p)
            if first is not p:
                problems.append(f"{p.path} and {first.path} are the same file; remove one, or the bound would count it twice")


def read_folder(folder):
    """(designs, photographs, notes for a person). @raises FolderProblems"""
    root, problems, notes = Path(folder), [], []
    if not root.is_dir():
        raise FolderProblems(folder, ["there is no such folder"])
    designs = read_designs(root, problems)
    photos, known = [], {d.id for d in designs}
    for p in sorted(root.iterdir()):
        if designs and p.is_dir() and not p.name.startswith((".", "_")) and p.name not in known:
            problems.append(f"{p.name}/ is in no row of designs.csv; add a row, or move the folder away")
    for d in designs:
        mine = _photos_of(d, root, problems, notes)
        if mine:
            _check_coins(d, mine, problems)
        elif (root / d.id).is_dir():
            problems.append(f"{d.id}/ holds no photograph; wanted are .jpg or .png in obverse/ and reverse/, or in any/")
        if mine and all(p.coin == f"{d.id}-{Path(p.path).stem}" for p in mine):
            notes.append(f"{d.id}: each photograph counts as a coin of its own, as no name has a _; where two show one coin, the bound below is too good")
        photos += mine
    if (root / STRANGERS).is_dir():
        photos += [Photo(str(p.relative_to(root)), "", "any", f"stranger-{coin_of(p)}") for p in _pictures(root / STRANGERS, root, notes)]
    _check_twins(root, photos, problems)
    if problems:
        raise FolderProblems(folder, problems)
    return designs, photos, notes

"""For whom a bound is: a design by itself, its family, or all designs of a pool together.

The pooled bound speaks of the average over the pool's designs; one design in fifty may be far worse. A design's own bound does not have that
hole, but it needs the impostors that were tried against this design. Where those are enough it gets an entry of its own, and so does a
family. Each such bound is a statement at CONFIDENCE by itself: of twenty designs that have one, one may be wrong. An entry's score is never
below the wider one's, so the wider bound holds for it too, and less evidence never buys a lower threshold.

A design against which no bad cup was tried at all is in no average: it names no threshold, and is not covered.
"""
from .bounds import trials_needed, upper_bound
from .trials import bad_cups, tempted
from .walk import MAX_BOUND, calibrate

OWN = "own"  # δ: a statement by itself, shared with no other design


def scopes_of(designs):
    """(scope, name, member ids) of each family and then of each design, of the manifest's designs."""
    families = sorted({d["family"] for d in designs if d["family"] is not None})
    yield from (("family", f, [d["id"] for d in designs if d["family"] == f]) for f in families)
    yield from (("design", d["id"], [d["id"]]) for d in designs)


def narrower(cups, designs, pool, pooled):
    """The entries by name, each naming the `wider` one, where the evidence suffices; and how far every scope is: (scope, name, trials)."""
    entries, distances = {}, []
    family = {d["id"]: f"{pool}/family/{d['family']}" for d in designs if d["family"] is not None}
    for scope, name, members in scopes_of(designs):
        served = set(members)
        distances.append((scope, name, len(tempted(bad_cups([c for c in cups if c["expect"] in served])))))
        above = family.get(name) if scope == "design" else None
        wider = above if above in entries else pool
        score = entries[wider]["score"] if wider in entries else pooled["score"]
        key = f"{pool}/{scope}/{name}"
        own = calibrate(cups, members, key, at_least=score)
        if own["score"] is not None:
            own["evidence"] |= {"scope": scope, "delta": OWN}
            entries[key] = own | {"wider": wider}
    return entries, distances


def thresholds_of(manifest, judge):
    """The table of a judge in the manifest, made where it is missing: a score means nothing to another judge."""
    if judge == manifest["judge"]["name"]:
        return manifest["thresholds"]
    return manifest.setdefault("judgeThresholds", {}).setdefault(judge, {})


def assign(manifest, cups, pool, judge):
    """Writes the pool's entries into the judge's table, and names each design's narrowest one where it is the bundle's own judge.

    Returns the distances. Another judge serves with the names that the own judge's designs have, so calibrate that one first.
    """
    designs = [d for d in manifest["designs"] if d["origin"] == pool]
    pooled = calibrate(cups, [d["id"] for d in designs], pool)
    entries, distances = narrower(cups, designs, pool, pooled)
    table = thresholds_of(manifest, judge)
    for name in [name for name in table if name == pool or name.startswith(f"{pool}/")]:
        del table[name]
    table |= {pool: pooled} | entries
    if judge != manifest["judge"]["name"]:
        return distances
    tried = {name for scope, name, trials in distances if scope == "design" and trials > 0}
    for d in designs:
        names = [f"{pool}/design/{d['id']}", f"{pool}/family/{d['family']}", pool]
        d["threshold"] = next(n for n in names if n in table) if d["id"] in tried else None
    return distances


def distance_table(distances):
    """How far each scope is from a bound of its own, the nearest first: lines of text."""
    needed = trials_needed(MAX_BOUND)
    yield f"own bound of {MAX_BOUND:.0%} takes {needed} distinct impostor coins without a false green:"
    for scope, name, n in sorted(distances, key=lambda d: (d[0] == "design", -d[2], d[1])):
        state = "enough" if n >= needed else f"{needed - n} short" if n > 0 else "untried: not covered"
        yield f"  {scope:6} {name:24} {n:4}  {state:20}  best bound {upper_bound(0, n):.1%}"

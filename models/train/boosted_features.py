"""What the boosted judge is told of a cup and the design that is ordered: the one place where it is defined.

`src/pipeline/judges/boosted.ts` computes the same from the metric judge's opinions. All are numbers; items are those of the cup, at least one.
Similarity and score are the metric judge's `similarity[design]` and `score[design]` of an item; an item's best class is its `bestClass`
(the likeliest above its floor, among those of compatible size, or none).

| name | what it is |
|---|---|
| count | number of items |
| ofDesign | share of items whose best class is of the design |
| known | share of items that have a best class |
| lowestScore, meanScore, secondScore | the smallest score, the mean, the second smallest (with one item: its score) |
| lowestSimilarity, meanSimilarity, secondSimilarity | the same of the similarities |
| highestRival | over items and designs other than the ordered one that share no class with it and whose size fits the item (an unknown size fits), the largest similarity; −1 where there is none |
| uninformative | share of items whose best class belongs to more than one design |
| sizeFits | share of items whose measured size fits the design; an unknown size fits |
| spread | the largest similarity for the design less the smallest |
"""
import numpy as np

NAMES = ("count", "ofDesign", "known", "lowestScore", "meanScore", "secondScore", "lowestSimilarity", "meanSimilarity", "secondSimilarity",
         "highestRival", "uninformative", "sizeFits", "spread")


def lowest_two(values):
    """(smallest, second smallest): of one value, that value twice."""
    ordered = np.sort(values)
    return ordered[0], ordered[min(1, len(ordered) - 1)]


def features(similarity, score, best, fits, holds, design):
    """F numbers, float32. Of n items: `similarity`, `score` n×D, `best` n (class, −1 = none), `fits` n×D; `holds` C×D: which designs a class is of."""
    mine, own = similarity[:, design], score[:, design]
    known = best >= 0
    of = np.array([k and holds[b, design] for k, b in zip(known, best)])
    shared = np.array([k and holds[b].sum() > 1 for k, b in zip(known, best)])
    others = np.ones(similarity.shape[1], bool)
    others[design] = False
    family = holds[holds[:, design]].any(0)  # designs that share a side with it say nothing against it
    others &= ~family
    rivals = np.where(fits & others, similarity, -1.0)
    low, second = lowest_two(own)
    low_sim, second_sim = lowest_two(mine)
    return np.array([len(best), of.mean(), known.mean(), low, own.mean(), second, low_sim, mine.mean(), second_sim,
                     rivals.max(), shared.mean(), fits[:, design].mean(), mine.max() - mine.min()], np.float32)

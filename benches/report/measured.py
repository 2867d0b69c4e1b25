"""The JSON of the bench `times` and of `benches/other-languages` → ratios. Every ratio is taken within each round, and their median and quartiles count."""

import json
from statistics import median, quantiles


class Ratio:
    """The rounds' ratios of one time to another."""

    def __init__(self, ratios):
        self.median = median(ratios)
        self.low, _, self.high = quantiles(ratios, n=4)

    def __str__(self):
        return f"{short(self.median)} ({short(self.low)}–{short(self.high)})"


def short(number):
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"


class Group:
    """One operation on one payload in one form: all its contenders, measured in the same rounds."""

    def __init__(self, group):
        contenders = {contender["name"]: contender for contender in group["contenders"]}
        self.refused = dict(group["refused"])
        self.characters = {name: contender["characters"] for name, contender in contenders.items()}
        self.rounds = {}
        for name, contender in contenders.items():
            rounds = contender["rounds"]
            if contender["less"]:
                bare = contenders[contender["less"]]["rounds"]
                rounds = [with_it - without for with_it, without in zip(rounds, bare)]
            self.rounds[name] = rounds

    def names(self):
        """The contenders that are measured for their own sake."""
        return [name for name in self.rounds if not name.startswith(("bare: ", "part: "))]

    def sum(self, names):
        return [sum(times) for times in zip(*(self.rounds[name] for name in names))]

    def ratio(self, of, to):
        """Of names or of rounds."""
        of, to = (self.rounds[side] if isinstance(side, str) else side for side in (of, to))
        return Ratio([a / b for a, b in zip(of, to)])


def read(path):
    """Groups by payload, form and operation."""
    with open(path, encoding="utf-8") as file:
        groups = json.load(file)
    return {(group["payload"], group["form"], group["operation"]): Group(group) for group in groups}

"""Turns the samples of a run into tables, targets and JSON lines.

Must not measure, and must not hide: a figure without samples is shown with its reason.
"""

import json
import statistics

from metrics import ALL, HOP, OURS, PEERS, RAW


class Samples:
    """Every value of a run by figure, subject and round, and what went wrong."""

    def __init__(self):
        self._values = {}
        self._notes = {}

    def add(self, figure, subject, round_number, value):
        self._values.setdefault((figure, subject), {})[round_number] = value

    def note(self, figure, subject, text):
        notes = self._notes.setdefault((figure, subject), [])
        if text and text not in notes:
            notes.append(text)

    def values(self, figure, subject):
        return list(self._values.get((figure, subject), {}).values())

    def notes(self, figure, subject):
        return "; ".join(self._notes.get((figure, subject), ()))

    def known(self, figure, subject):
        return (figure, subject) in self._values or (figure, subject) in self._notes

    def median(self, figure, subject):
        values = self.values(figure, subject)
        return statistics.median(values) if values else None

    def ratio(self, figure, subject, other_figure, other_subject):
        """The median of the ratios of the rounds that have both; None without any."""
        mine = self._values.get((figure, subject), {})
        theirs = self._values.get((other_figure, other_subject), {})
        ratios = [mine[key] / theirs[key] for key in mine if theirs.get(key)]
        return statistics.median(ratios) if ratios else None


def number(value, digits):
    return f"{value:,.{digits}f}"


def _row(samples, figure, subject):
    values = samples.values(figure.name, subject)
    notes = samples.notes(figure.name, subject)
    if not values:
        return f"  {subject:<14} {'-':>14}   {notes}".rstrip()
    cells = [number(f(values), figure.digits) for f in (statistics.median, min, max)]
    line = f"  {subject:<14} " + " ".join(f"{cell:>14}" for cell in cells)
    for reference in (RAW, HOP):
        ratio = samples.ratio(figure.name, subject, figure.name, reference)
        shown = f"{ratio:.2f}" if figure.compared and ratio is not None else "-"
        line += f" {shown:>10}"
    line += f" {len(values):>5}"
    return line + (f"   {notes}" if notes else "")


def print_figure(samples, figure, out):
    subjects = [subject for subject in ALL if samples.known(figure.name, subject)]
    if not subjects:
        return
    direction = "more is better" if figure.higher_is_better else "less is better"
    print(f"{figure.title} [{figure.unit}, {direction}]", file=out)
    head = f"  {'subject':<14} " + " ".join(f"{name:>14}" for name in ("median", "min", "max"))
    print(head + f" {'of raw':>10} {'of hop':>10} {'runs':>5}", file=out)
    for subject in subjects:
        print(_row(samples, figure, subject), file=out)
    print(file=out)


def _value_of(samples, target, figure):
    """The value that is held against the limit, and words for the limit."""
    word = "at least" if target.at_least else "at most"
    if target.kind == "of":
        return (samples.ratio(target.figure, OURS, target.figure, target.against),
                f"{word} {target.limit:g} of {target.against}")
    if target.kind == "of_figure":
        return (samples.ratio(target.figure, OURS, target.against, OURS),
                f"{word} {target.limit:g} of our own {target.against}")
    if target.kind == "best_peer":
        choose = max if figure.higher_is_better else min
        medians = {peer: samples.median(target.figure, peer) for peer in PEERS}
        medians = {peer: value for peer, value in medians.items() if value is not None}
        if not medians:
            return None, f"{word} {target.limit:g} times the best Debian peer"
        best = choose(medians, key=medians.get)
        return (samples.ratio(target.figure, OURS, target.figure, best),
                f"{word} {target.limit:g} times the best Debian peer ({best})")
    if target.kind == "same":
        mine = samples.median(target.figure, OURS)
        other = samples.median(target.against, OURS)
        difference = None if mine is None or other is None else mine - other
        return difference, f"the same as {target.against}"
    return samples.median(target.figure, OURS), f"{word} {target.limit:g} {figure.unit}"


def print_targets(samples, targets, figures, out):
    shown = [target for target in targets if samples.known(target.figure, OURS)]
    if not shown:
        print("No figure of graceline itself in this run: no target can be judged.", file=out)
        return
    print("What it must reach", file=out)
    print(f"  {'figure':<34} {'value':>12}  {'target':<58} result", file=out)
    for target in shown:
        value, limit = _value_of(samples, target, figures[target.figure])
        if value is None:
            shown_value, result = "-", "NOT SHOWN"
        else:
            shown_value = f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
            reached = value >= target.limit if target.at_least else value <= target.limit
            if target.kind == "same":
                reached = value == 0
            result = "reached" if reached else "NOT REACHED"
        print(f"  {target.figure:<34} {shown_value:>12}  {limit:<58} {result}", file=out)
    print(file=out)


def write_json(samples, figures, path):
    """One object a line, also for the ratios to raw."""
    with open(path, "w", encoding="utf-8") as file:
        for figure in figures:
            for subject in ALL:
                values = samples.values(figure.name, subject)
                if not values:
                    continue
                entry = {"metric": figure.name, "subject": subject, "unit": figure.unit,
                         "median": statistics.median(values), "min": min(values),
                         "max": max(values), "runs": len(values)}
                notes = samples.notes(figure.name, subject)
                if notes:
                    entry["note"] = notes
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

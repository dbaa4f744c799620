"""Measures what `seedmill assess` measured, with DuckDB, numpy, scipy and SDMetrics, and compares.

usage: fidelity.py chat|shop DATASET REPORT.json [--sdmetrics] [--faulty | --lost]

REPORT.json is what `assess --json` printed of DATASET. Prints a line `name<TAB>0` for each figure that agrees and
`name: judge X, here Y, allowed Z<TAB>1` for each that does not; exit status 1 if there is any. The laws are written
down here once more, from the documents: the model is not read. With --faulty only promises are compared, that may be
broken; with --lost only keys and references: what else is wrong with rows under no parent, the judge does not ask.
"""

import importlib
import json
import math
import sys

import numpy

from dataset import Dataset

# The judge counts in bins of 1/128 of an octave: no figure of one is further off than a bin is wide.
BIN = 2 ** (1 / 128) - 1
# Distances of counts in bins, against those of the values themselves.
DISTANCE = 0.002


class Report:
    """A report's figures by name, and the comparison with other figures of the same."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.json = json.load(file)
        self.checks = {(check["subject"], check["measure"]): check for check in self.json["checks"]}
        self.counters = {(counter["subject"], counter["rule"]): counter for counter in self.json["counters"]}
        self.portraits = {(portrait["kind"], portrait["subject"]): portrait for portrait in self.json["portraits"]}
        self.off = 0

    def agree(self, name, judged, here, allowed=0.0):
        """Compares two numbers; those that are counted must be the same to the last bits of a division."""
        fits = judged is not None and abs(judged - here) <= allowed + 1e-12 * max(1.0, abs(here))
        self.line(name, fits, f"judge {judged}, here {here}, allowed {allowed:.3g}")

    def same(self, name, judged, here):
        """Compares what is equal or not."""
        self.line(name, judged == here, f"judge {judged}, here {here}")

    def line(self, name, fits, found):
        print(f"{name}\t0" if fits else f"{name}: {found}\t1")
        self.off += not fits

    def check(self, subject, measure, here, allowed=0.0):
        """Compares a check's observed figure."""
        observed = self.checks[subject, measure]["observed"]
        self.agree(f"{subject}, {measure}", observed, here, allowed)

    def numbers(self, subject, values, law=None):
        """Compares the figures of a column of numbers, and its distance from the law, a cumulative function of
        what is written (that is, after rounding)."""
        values = numpy.sort(numpy.asarray(values, dtype=float))
        mean, deviation = values.mean(), values.std()
        # Bins are as wide as this; small whole numbers have one each.
        edges = numpy.array(self.portraits["numbers", subject]["edges"])
        for measure, here in [
            ("mean", mean),
            ("coefficient of variation", deviation / mean),
            *zip(("median", "95th percentile", "99th percentile"), numpy.quantile(values, [0.5, 0.95, 0.99])),
        ]:
            # Too few values for a figure: the judge says so by leaving it out.
            if (subject, measure) in self.checks:
                whole = 0.5 if (values == numpy.round(values)).all() else 0.0
                linear = (edges[-1] - edges[0]) / 1000 if law is None else 0.0
                grain = whole / mean if measure == "coefficient of variation" else whole
                self.check(subject, measure, here, max(BIN * here, grain, linear))
        seen, _ = numpy.histogram(values, edges)
        # A histogram's last bin holds its upper edge, too; the judge's does not.
        seen[-1] -= int((values == edges[-1]).sum())
        portrait = self.portraits["numbers", subject]["observed"]
        self.line(
            f"{subject}, shares of {len(seen)} bins",
            numpy.allclose(portrait, seen / len(values), rtol=0, atol=1e-9),
            f"off by up to {numpy.abs(portrait - seen / len(values)).max()}",
        )
        if law is not None:
            points, counts = numpy.unique(values, return_counts=True)
            reached = numpy.cumsum(counts) / len(values)
            below = numpy.concatenate([[0.0], reached[:-1]])
            distance = max(numpy.abs(reached - law(points)).max(), numpy.abs(below - law(points, strictly=True)).max())
            self.check(subject, "KS distance", distance, DISTANCE)

    def categories(self, subject, counts, shares, allowed=0.0):
        """Compares the total variation between counts and declared weights."""
        total, weights = sum(counts.values()), sum(shares.values())
        names = counts.keys() | shares.keys()
        distance = sum(abs(counts.get(name, 0) / total - shares.get(name, 0) / weights) for name in names) / 2
        self.check(subject, "total variation", distance, allowed)

    def violations(self, subject, rule, here):
        """Compares a counter."""
        self.agree(f"{subject}, {rule}", self.counters[subject, rule]["violations"], here)


class Rounded:
    """The law of a truncated continuous one, rounded: the chance to be at most, or below, a written value."""

    def __init__(self, law, low, high, grain, up=False):
        self.law, self.grain, self.up = law, grain, up
        self.low, self.high = law.cdf(low), law.cdf(high)

    def __call__(self, points, strictly=False):
        # Up: a written value holds what is above the one before; else what is within half a grain.
        upper = points + (0.0 if self.up else self.grain / 2)
        edge = upper - self.grain if strictly else upper
        return numpy.clip((self.law.cdf(edge) - self.low) / (self.high - self.low), 0.0, 1.0)


class Mixture:
    """A mixture of laws."""

    def __init__(self, parts):
        self.parts, self.total = parts, sum(weight for weight, _ in parts)

    def __call__(self, points, strictly=False):
        return sum(weight / self.total * law(points, strictly) for weight, law in self.parts)


def quality_sections(report, sizes, hours, types):
    """The sections of a chat service's quality report."""
    ordered = numpy.sort(sizes)[::-1]
    tail = report.json["distribution_analysis"]["power_law_tail"]
    for name, share in [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)]:
        report.agree(f"power_law_tail.{name}", tail[name], numpy.quantile(sizes, share), 1e-9 * ordered[0])
    report.agree("power_law_tail.max", tail["max"], ordered[0])
    ratio = numpy.quantile(sizes, 0.99) / numpy.quantile(sizes, 0.5)
    report.agree("power_law_tail.tail_ratio_p99_p50", tail["tail_ratio_p99_p50"], ratio, 1e-9 * ratio)
    edges = [0, 1, 11, 51, 101, 501, 1001, 5001, 10**12]
    for low, high, bucket in zip(edges[:-1], edges[1:], tail["histogram"], strict=True):
        inside = sizes[(sizes >= low) & (sizes < high)]
        report.agree(f"histogram {bucket['bucket']} conversations", bucket["conversations"], len(inside))
        report.agree(f"histogram {bucket['bucket']} messages", bucket["messages"], int(inside.sum()))
    heavy = report.json["distribution_analysis"]["heavy_rooms"]
    for name, share in [("1", 0.01), ("5", 0.05)]:
        top = round(share * len(sizes))
        report.agree(f"top {name} %", heavy[f"top_{name}_percent_message_share"], ordered[:top].sum() / sizes.sum())
        report.check("messages per conversations", f"share of the top {name} %", ordered[:top].sum() / sizes.sum())
    report.agree("rooms in the top 1 %", heavy["top_1_percent_conversations"], round(0.01 * len(sizes)))
    temporal = report.json["temporal_analysis"]
    report.same("hourly_distribution", temporal["hourly_distribution"], list(hours))
    report.agree("diurnal_variation", temporal["diurnal_variation"], max(hours) / min(hours))
    report.same("peak_hours", temporal["peak_hours"], [hour for hour in range(24) if hours[hour] >= 0.9 * max(hours)])
    told = {share["type"]: share["count"] for share in report.json["type_distributions"]["messages"]}
    report.same("type_distributions.messages", told, types)


def hill(sizes, least):
    """Hill's estimator for whole numbers (Clauset, Shalizi, Newman 2009, equation 3.7)."""
    tail = sizes[sizes >= least]
    return 1 + len(tail) / numpy.log(tail / (least - 0.5)).sum()


def duplicates(dataset, table, columns="id"):
    """Values that stand twice, each as often as it is too many."""
    return dataset.value(f"""SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) n FROM {table}
        WHERE COLUMNS([{", ".join(f"'{column.strip().strip(chr(34))}'" for column in columns.split(","))}]) IS NOT NULL
        GROUP BY {columns})""")


def orphans(dataset, table, column, target):
    """Values of a foreign key that are no key of the target."""
    return dataset.value(f"""SELECT count(*) FROM {table} c WHERE c."{column}" IS NOT NULL
        AND c."{column}" NOT IN (SELECT id FROM {target} WHERE id IS NOT NULL)""")


def sdmetrics_columns(report, columns, keys, references):
    """SDMetrics' scores of columns against samples of their laws, and of keys.

    `columns` are (subject, real, sample, measure); KSComplement and TVComplement are 1 less the distance, whose
    sampling error is that of two samples against that of one."""
    pandas = importlib.import_module("pandas")
    single = importlib.import_module("sdmetrics.single_column")
    pairs = importlib.import_module("sdmetrics.column_pairs")
    for subject, real, sample, measure in columns:
        real, sample = pandas.Series(real), pandas.Series(sample)
        if measure == "KS distance":
            distance = 1 - single.KSComplement.compute(real, sample)
            report.agree(f"{subject}, BoundaryAdherence", 1.0, single.BoundaryAdherence.compute(sample, real), 0.001)
        else:
            distance = 1 - single.TVComplement.compute(real, sample)
            report.agree(f"{subject}, CategoryAdherence", 1.0, single.CategoryAdherence.compute(sample, real))
        error = 1.63 * math.sqrt(1 / len(sample)) + DISTANCE
        report.check(subject, measure, distance, error)
    for (subject, rule), values in keys:
        counter = report.counters[subject, rule]
        score = single.KeyUniqueness.compute(pandas.Series(values), pandas.Series(values))
        judged = 1 - counter["violations"] / counter["examined"]
        report.agree(f"{subject}, KeyUniqueness", judged, score)
    for (subject, rule), parents, children, _ in references:
        violations = report.counters[subject, rule]["violations"]
        pair = (pandas.Series(parents), pandas.Series(children))
        score = pairs.ReferentialIntegrity.compute(pair, pair)
        report.agree(f"{subject}, ReferentialIntegrity", 1 - violations / len(children), score)


def main():
    kind, directory, path = sys.argv[1:4]
    model = importlib.import_module(f"fidelity_{kind}")
    report = Report(path)
    dataset = Dataset(directory, model.TABLES)
    for table in model.TABLES:
        report.agree(
            f"{table}, rows", report.json["dataset_summary"][table], dataset.value(f"SELECT count(*) FROM {table}")
        )
        if (table, "rows") in report.checks:
            report.check(table, "rows", dataset.value(f"SELECT count(*) FROM {table}"))
    broken = "--faulty" in sys.argv or "--lost" in sys.argv
    model.keys(dataset, report, model.PARENTS if "--lost" in sys.argv else model.REFERENCES)
    if "--lost" not in sys.argv:
        model.promises(dataset, report)
    if not broken:
        model.figures(dataset, report)
    if "--sdmetrics" in sys.argv:
        columns, keys, references = model.samples(dataset, numpy.random.default_rng(20251022))
        lost = "--lost" in sys.argv
        chosen = [reference for reference in references if not lost or reference[3] in model.PARENTS]
        sdmetrics_columns(report, [] if broken else columns, keys, chosen)
    sys.exit(1 if report.off else 0)


if __name__ == "__main__":
    # The model's module imports this one by its name: both must be the same.
    sys.modules["fidelity"] = sys.modules["__main__"]
    main()

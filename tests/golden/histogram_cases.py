"""Samples of the golden cases of native histograms: series as [(labels, [sample, …]), …], a sample an object of series_lines.py."""

from series_lines import STALE

STEP = 15_000
DEFAULT_THRESHOLD = 2.0**-128


def side(counts, floats):
    """Spans and buckets of {number: count}."""
    spans, end = [], None
    for number in sorted(counts):
        if number == end:
            spans[-1][1] += 1
        else:
            spans.append([number - (end or 0), 1])
        end = number + 1
    absolute = [counts[number] for number in sorted(counts)]
    return spans, absolute if floats else [c - before for c, before in zip(absolute, [0, *absolute])]


def histogram(counts, floats=False, negative=None, zero=0, **other):
    """A valid histogram; `other` replaces what would follow from the counts."""
    negative = negative or {}
    half = 0.5 if floats else 0  # float histograms get counts that aren't whole
    counts = {number: count + half if count else count for number, count in counts.items()}
    total = zero + sum(counts.values()) + sum(negative.values())
    made = {"schema": 0, "zero_threshold": DEFAULT_THRESHOLD, "zero_count": zero, "count": total, "sum": total * 1.5}
    for name, numbers in (("positive", counts), ("negative", negative)):
        if numbers:
            made[name + "_spans"], made[name + "_buckets"] = side(numbers, floats)
    return made | other


def series(name, case, start, histograms, floats=False, step=STEP):
    """A series of histograms; None is left out, a number or STALE is a float."""
    key = "fh" if floats else "h"
    samples = [
        {"t": start + i * step} | ({key: one} if isinstance(one, dict) else {"v": one})
        for i, one in enumerate(histograms)
    ]
    return {"__name__": name, "case": case, "kind": "float" if floats else "integer"}, samples


def both(name, start, cases, step=STEP):
    """`cases` yields (case, histograms) for floats and for whole counts."""
    return [series(name, case, start, made, floats, step) for floats in (False, True) for case, made in cases(floats)]


def stale():
    return {"schema": 0, "zero_threshold": 0, "zero_count": 0, "count": 0, "sum": STALE}


def buckets(start):
    def cases(floats):
        def h(counts, **other):
            return histogram(counts, floats, **other)

        grown = [h({0: n, 1: 2 * n, 5: n}) for n in range(1, 6)]
        for n in (1, 2, 3):
            yield f"samples_{n}", grown[:n]
        yield "empty", [h({}), h({}), h({0: 1})]
        yield "appears_behind", [h({0: 1}), h({0: 2, 1: 1}), h({0: 2, 1: 1, 9: 4})]
        yield "appears_before", [h({5: 1}), h({3: 1, 5: 2}), h({-7: 1, 3: 1, 5: 2}), h({-7: 1, 3: 2, 4: 1, 5: 2})]
        yield "vanishes_empty", [h({0: 1, 1: 0}), h({0: 2}), h({0: 3, 1: 1})]
        yield "vanishes_in_use", [h({0: 1, 1: 3}), h({0: 9}), h({0: 10, 1: 1})]
        yield "appears_and_vanishes", [h({0: 1, 2: 0}), h({0: 2, 1: 1}), h({0: 2, 1: 1, 2: 0, 3: 1})]
        yield "negative", [h({0: 1}, negative={2: 1}), h({0: 1}, negative={1: 1, 2: 4}), h({1: 1, 0: 1}, negative={1: 1, 2: 5})]
        whole = h({0: 1, 1: 2, 2: 3})
        yield "adjacent_spans", [whole, whole | {"positive_spans": [[0, 1], [0, 2]]}, whole]
        yield "empty_spans", [whole | {"positive_spans": [[0, 3], [4, 0]]}, whole, whole | {"positive_spans": [[-2, 0], [2, 3]]}]
        yield "schema_changes", [h({0: n}, schema=schema) for n, schema in enumerate((8, 8, 7, -4, -4), start=1)]
        # The edges of the fields of counts: a change of a change of 4, 32, 256 …
        edges = [2**power + offset for power in (2, 5, 8, 11, 17, 24) for offset in (-1, 0, 1)] + [2**40, 2**55]
        yield "edges", [h({0: sum(edges[:n])}) for n in range(1, len(edges) + 1)]
        for threshold in (0, 2.0**-128, 2.0**-243, 2.0**-244, 2.0**10, 2.0**11, 0.001):
            yield f"threshold_{threshold!r}", [h({0: n}, zero=n, zero_threshold=threshold) for n in (1, 2)]
        yield "threshold_changes", [h({0: n}, zero=n, zero_threshold=0.001 * n) for n in (1, 2)]
        yield "sums", [h({0: n}, sum=value) for n, value in enumerate(("-0", "+Inf", "0x7ff8000000000001", 5e-324), start=1)]

    return both("buckets", start, cases)


def custom_bounds(start):
    bounds = [0.0005, 0.001, 0.005, 1, 33554.429, 33554.43, 33554.431, 1e9]

    def cases(floats):
        def h(counts, values):
            return histogram(counts, floats, schema=-53, zero_threshold=0, custom_values=values)

        for values in ([0], [-1, 0, 1], bounds, [1e-9, 1e300]):
            yield f"bounds_{len(values)}_{values[0]!r}", [h({0: n, len(values): n}, values) for n in (1, 2, 3)]
        yield "change", [h({0: 1}, [1, 2]), h({0: 2}, [1, 2]), h({0: 3}, [1, 3]), h({0: 4}, [1, 3])]
        yield "from_exponential", [histogram({0: 1}, floats), h({0: 2}, [1, 2]), histogram({0: 3}, floats)]

    return both("bounds", start, cases)


def resets(start, block_end):
    def cases(floats):
        def h(counts, **other):
            return histogram(counts, floats, **other)

        yield "count", [h({0: 5}), h({0: 6}), h({0: 2}), h({0: 3})]
        yield "bucket", [h({0: 5, 1: 5}), h({0: 9, 1: 4}), h({0: 10, 1: 5})]
        yield "zero_count", [h({0: 5}, zero=4), h({0: 9}, zero=3), h({0: 9}, zero=4)]
        yield "twice", [h({0: n}) for n in (5, 1, 4, 2, 3)]
        for hint in ("reset", "not_reset", "unknown"):
            yield f"hint_{hint}", [h({0: n}, hint=hint if n == 3 else "unknown") for n in range(1, 6)]
        yield "gauge", [h({0: n, 1: 1}, hint="gauge") for n in (5, 1, 4)] + [h({0: 2}, hint="gauge"), h({3: 1}, hint="gauge")]
        yield "gauge_then_counter", [h({0: 5}, hint="gauge"), h({0: 4}, hint="gauge"), h({0: 5}), h({0: 6})]
        yield "counter_then_gauge", [h({0: 5}), h({0: 6}, hint="gauge"), h({0: 4}, hint="gauge")]
        yield "floats_between", [1, 2, h({0: 1}), h({0: 2}), 3, h({0: 1})]
        yield "stale_first", [stale(), h({0: 1}), h({0: 2})]
        yield "stale_middle", [h({0: 1}), stale(), stale(), h({0: 2}), h({0: 3})]
        yield "stale_last", [h({0: 1}), h({0: 2}), stale()]
        yield "stale_float", [h({0: 1}), h({0: 2}), STALE]
        yield "stale_after_gauge", [h({0: 1}, hint="gauge"), stale(), h({0: 1}, hint="gauge")]
        yield "recoded_then_reset", [h({0: n}) for n in (1, 2)] + [h({0: 3, 1: 1}), h({0: 1, 1: 1}), h({0: 2, 1: 1, 2: 1})]

    def wide(floats):
        def counts(n, width):
            return {b: n * (11 + b * b % 7) + n * (b + 3) % 11 for b in range(width)}

        for width in (20, 100, 400):
            yield f"width_{width}", [histogram(counts(n, width), floats) for n in range(1, 90)]
        # Counts that fall where the chunk's end is predicted already.
        yield "reset_of_width_20", [histogram(counts(n % 33 + 1, 20), floats) for n in range(90)]

    few = [
        series("late", f"before_end_{n}", block_end - n * STEP, [histogram({b: i + 1 for b in range(300)}, floats) for i in range(n)], floats)
        for floats in (False, True)
        for n in (3, 9, 10, 11)
    ]
    return [*both("resets", start, cases), *both("wide", start, wide), *few]


def start_times(start):
    def begun(labels_and_samples, start_of):
        labels, samples = labels_and_samples
        return labels, [s | ({"st": start_of(i)} if start_of(i) else {}) for i, s in enumerate(samples)]

    def made(case, floats, count, start_of):
        samples = [histogram({0: 1 + n // 50, 1: 2}, floats) for n in range(count)]
        return begun(series("started", case, start, samples, floats), start_of)

    result = []
    for floats in (False, True):
        for count in (1, 2, 3, 126, 127, 128, 129, 130):
            result.append(made(f"none_{count}", floats, count, lambda i: 0))
            result.append(made(f"constant_{count}", floats, count, lambda i: start - 1000))
        for at in (1, 2, 125, 126, 127, 128):
            result.append(made(f"set_at_{at}", floats, 132, lambda i, at=at: start - 1000 if i >= at else 0))
            result.append(made(f"changed_at_{at}", floats, 132, lambda i, at=at: start + (at - 1) * STEP if i >= at else start - 1000))
        result.append(made("changes_always", floats, 40, lambda i: start + i * STEP - 1 - i))
    return result

"""Random series for the differential test: many shapes of time and value, from a seed."""

import random

from series_lines import STALE, bits

NAN = bits(0x7FF8000000000001)
SPECIALS = [STALE, NAN, bits(0x7FF8DEADBEEF0000), bits(0xFFF0000000000001), 0, "-0", "+Inf", "-Inf", 5e-324, 1.5]
STEPS_MS = [1, 10, 100, 1000, 5000, 7000, 15_000, 30_000, 60_000]
# The borders of the interval codes.
EDGES_MS = [1, 2, 8191, 8192, 8193, 8194, 65_535, 65_536, 65_537, 524_287, 524_288, 524_289, 524_290]
NAMES = ["a", "b", "A", "Zone", "_x", "job", "instance", "é", "日本", "le", "z" * 300]
VALUES = ["1", "2", "10", "a", "a\x00", "é", "日本", '"q"', "\n", "\\", "{}", "job", "up", "x" * 127, "x" * 128]


def labels(r, number):
    """A label set of its own for each number."""
    made = {"__name__": r.choice(["up", "M", "m", "metric.with dots", "日本"]), "i": str(number)}
    for name in r.sample(NAMES, r.randrange(5)):
        made[name] = r.choice(VALUES)
    items = list(made.items())
    r.shuffle(items)
    return dict(items)


def times(r, start, end, count):
    """At most `count` rising times in [start, end)."""
    step = r.choice(STEPS_MS)
    steps = r.choice(
        [
            lambda i: step,
            lambda i: max(1, step + r.randrange(-5, 6)),
            lambda i: max(1, int(r.gauss(step, step / 4))),
            lambda i: max(1, int(r.expovariate(1 / step))),
            lambda i: r.choice(EDGES_MS),
            lambda i: step if r.random() < 0.97 else r.randrange(1, max(2, (end - start) // 4)),
            lambda i: step if i < 30 else max(1, step // 5),  # the rate rises after the chunk's end was predicted
            lambda i: step if i % 40 < 30 else step * 7,
            lambda i: r.choice([1, step, 2 * step, 10 * step, r.randrange(1, 2_000_000)]),
        ]
    )
    made, t = [], start + r.choice([0, 0, 1, r.randrange(end - start), r.randrange(min(end - start, 60_000))])
    for i in range(count):
        if t >= end:
            break
        made.append(t)
        t += steps(i)
    if r.random() < 0.2 and (not made or made[-1] < end - 1):
        made.append(end - 1)
    return made


def values(r, count):
    shape = r.randrange(9)
    level = r.uniform(0, 1e6)
    if shape == 0:
        return [r.choice([0, 1, 1.5, "-0", STALE, NAN])] * count
    if shape == 1:
        return [int(level) + i * r.choice([0, 1, 5]) for i in range(count)]
    if shape == 2:
        return [bits(r.getrandbits(64)) for _ in range(count)]
    if shape == 3:
        return [r.random() for _ in range(count)]
    if shape == 4:
        return [round(r.gauss(50, 3), 2) for _ in range(count)]
    if shape == 5:
        return [r.choice(SPECIALS) for _ in range(count)]
    if shape == 6:
        return [1 if r.random() < 0.9 else r.choice([STALE, 2, 1.0000000000000002, NAN]) for _ in range(count)]
    if shape == 7:  # few bits change, anywhere
        changes = [1 << r.randrange(64) for _ in range(4)]
        return [bits(r.choice(changes) | r.choice(changes)) for _ in range(count)]
    return [level + 1e-3 * i if i % 30 else STALE for i in range(count)]


def series(r, width, windows):
    """Series over `windows` different blocks of `width` ms: [(labels, [(t, value), …]), …]."""
    base = r.choice([0, -width * (windows // 2), 1_600_000_000_000 // width * width, -3_000_000_000_000 // width * width])
    starts = [base + width * i for i in sorted(r.sample(range(windows * 2), windows))]
    pool = [(labels(r, i), []) for i in range(windows // 2 + 1)]
    for start in starts:
        for _, samples in r.sample(pool, min(len(pool), r.choice([1, 2, 3, 5, 8]))):
            window = times(r, start, start + width, r.choice([1, 2, 3, 29, 31, 60, 121, 200, 300]))
            samples += zip(window, values(r, len(window)))
    return [(label_set, samples) for label_set, samples in pool if samples]

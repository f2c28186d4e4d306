"""Random native histograms for the differential test: counters and gauges whose buckets come and go, custom bounds,
stale markers, floats between them, from a seed."""

import json

STALE = "stale"
STEPS_MS = [1_000, 15_000, 15_000, 60_000, 600_000]
THRESHOLDS = [0, 2.0**-128, 2.0**-243, 2.0**-244, 2.0**10, 2.0**11, 0.001, 1e-300]
BOUNDS = [0, 0.001, 0.0005, 0.005, 0.1, 1, 2.5, 10, 33554.43, 33554.431, 1e9, -1, -0.5, 1e-9]


class Shape:
    """Which buckets a series has now, and what is in them."""

    def __init__(self, r, floats):
        self.r = r
        self.floats = floats
        self.gauge = r.random() < 0.2
        self.custom = r.random() < 0.25
        self.change_scale()
        self.counts = {1: {}, -1: {}}
        self.zero = 0
        self.extra = 0
        for _ in range(r.randrange(1, 6)):
            self.observe()

    def change_scale(self):
        r = self.r
        if self.custom:
            self.schema, self.threshold = -53, 0
            self.bounds = sorted(r.sample(BOUNDS, r.randrange(1, 8)))
        else:
            self.schema, self.threshold, self.bounds = r.randrange(-4, 9), r.choice(THRESHOLDS), []
        self.counts = {1: {}, -1: {}}

    def number(self):
        if self.custom:
            return self.r.randrange(len(self.bounds) + 1)
        return int(self.r.gauss(0, 6)) if self.r.random() < 0.95 else self.r.randrange(-2_000, 2_000)

    def amount(self, most):
        made = self.r.choice([1, 1, 2, self.r.randrange(1, most)])
        return made + self.r.choice([0, 0.5, self.r.random()]) if self.floats else made

    def observe(self):
        side = 1 if self.custom or self.r.random() < 0.8 else -1
        at = self.counts[side]
        number = self.r.choice(sorted(at)) if at and self.r.random() < 0.8 else self.number()
        at[number] = at.get(number, 0) + self.amount(1 << self.r.choice([2, 8, 20, 40]))

    def step(self):
        """What happens between two samples."""
        r = self.r
        for _ in range(r.choice([0, 1, 1, 3])):
            self.observe()
        if not self.custom and r.random() < 0.3:
            self.zero += self.amount(9)
        event = r.random()
        at = self.counts[1 if self.custom else r.choice([1, -1])]
        if event < 0.02:
            self.change_scale()
        elif event < 0.04 and at:
            del at[r.choice(sorted(at))]  # a bucket that was in use is gone
        elif event < 0.06 and at:
            at[r.choice(sorted(at))] = 0
        elif event < 0.10 and self.number() not in at:
            at[self.number()] = 0  # an empty bucket, that may go as it came
        elif event < 0.13:
            for side in self.counts.values():
                for number in [n for n, count in side.items() if count == 0]:
                    del side[number]
        elif event < 0.15:
            self.counts, self.zero = {1: {}, -1: {}}, 0  # the counter begins anew
        elif event < 0.17 and self.gauge and at:
            number = r.choice(sorted(at))
            at[number] = at[number] // 2

    def side(self, sign):
        """Spans and buckets, in one of the notations that say the same."""
        r = self.r
        spans, counts, end = [], [], 0
        for number, count in sorted(self.counts[sign].items()):
            gap = number - end
            if spans and gap == 0 and r.random() < 0.97:
                spans[-1][1] += 1
            else:
                if spans and gap > 1 and r.random() < 0.03:  # an empty span on the way
                    spans.append([1, 0])
                    gap -= 1
                spans.append([gap, 1])
            counts.append(count)
            end = number + 1
        if not self.floats:
            counts = [count - before for count, before in zip(counts, [0] + counts)]
        return spans, counts

    def sample(self):
        r = self.r
        total = self.zero + sum(sum(side.values()) for side in self.counts.values())
        made = {"schema": self.schema, "zero_threshold": self.threshold, "zero_count": 0 if self.custom else self.zero,
                "count": total - (self.zero if self.custom else 0),
                "sum": r.choice([round(r.gauss(100, 30), 2), r.random(), float(total)])}
        for name, sign in (("positive", 1), ("negative", -1)):
            spans, buckets = self.side(sign)
            if spans:
                made[name + "_spans"], made[name + "_buckets"] = spans, buckets
        if self.custom:
            made["custom_values"] = self.bounds
        if self.gauge:
            made["hint"] = "gauge"
        elif r.random() < 0.05:
            made["hint"] = r.choice(["reset", "not_reset", "unknown"])
        if r.random() < 0.02:
            made["sum"] = "0x7ff8000000000001"
        return made


def samples(r, start, end, count, start_times):
    """Of one series in one block: lines without labels."""
    shapes = {"h": Shape(r, False), "fh": Shape(r, True)}
    kind = r.choice(["h", "h", "fh"])
    step = r.choice(STEPS_MS)
    t, began = start + r.randrange(min(end - start, 60_000)), 0
    stale = False
    for _ in range(count):
        if t >= end:
            return
        if r.random() < 0.01:
            kind = r.choice(["h", "fh", "v"])
        line = {"t": t}
        if start_times:
            began = r.choice([began] * 20 + [0, t - r.randrange(1, 100_000)])
            if began and kind != "v":
                line["st"] = began
        if kind == "v":
            line["v"] = r.choice([1, 2.5, STALE])
        elif r.random() < (0.3 if stale else 0.02):
            line[kind] = {"schema": 0, "zero_threshold": 0, "zero_count": 0, "count": 0, "sum": STALE}
            stale = True
        else:
            shapes[kind].step()
            line[kind] = shapes[kind].sample()
            stale = False
        yield line
        t += max(1, r.choice([step, step, step, step + r.randrange(-5, 6), step * 10]))


def lines(r, width, windows, start_times=False):
    """The input of `windows` blocks of `width` ms, a line a sample, in order of time within each series."""
    base = 1_600_000_000_000 // width * width
    made = []
    for window in range(windows):
        for series in range(r.randrange(1, 5)):
            labels = {"__name__": "latency", "series": str(series)}
            start = base + window * width
            for line in samples(r, start, start + width, r.choice([1, 2, 3, 12, 40, 200]), start_times):
                made.append(json.dumps({"labels": labels} | line, separators=(",", ":")))
    return made

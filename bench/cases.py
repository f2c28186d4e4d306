"""What is measured: datasets, the programs that run on them, and the cases that put them side by side."""

from dataclasses import dataclass, field

GENERATOR_VERSION = 1  # files of another version are made anew
ORDERS = {"series": "sorted by series", "time": "sorted by time", "random": "shuffled"}


@dataclass(frozen=True)
class Dataset:
    """Arguments of bench_generate or, for the shape `exposition`, bench_exposition (their headers say what they mean)."""

    shape: str
    order: str
    entities: int
    rows: int
    step_s: int
    format: str = "parquet"

    @property
    def name(self):
        size = f"{self.entities}x{self.rows}-{self.step_s}s-v{GENERATOR_VERSION}"
        return f"{self.shape}-{self.order}-{size}" + ("" if self.format == "parquet" else "-" + self.format)

    @property
    def arguments(self):
        numbers = [self.order, str(self.entities), str(self.rows), str(self.step_s)]
        return numbers if self.is_exposition else [self.shape, *numbers, self.format]

    @property
    def is_exposition(self):
        return self.format == "openmetrics"

    @property
    def is_text(self):
        return self.format in ("csv", "json", "one-csv")

    @property
    def samples(self):
        return self.entities * self.rows * {"wide": 300, "labels": 2, "exposition": 1}.get(self.shape, 5)


@dataclass(frozen=True)
class Program:
    """One of the processes that take turns: a scan, an import, blocks out of OpenMetrics as promtool's command makes
    them, a program that sends records, or a peer by its name."""

    name: str
    kind: str
    one_core: bool = False
    memory_limit: str = ""
    arrows_pool: bool = False
    block_duration: str = ""
    once: bool = False  # it takes minutes


SCAN = Program("scan", "scan")
SCAN_ARROWS_POOL = Program("scan, Arrow's pool", "scan", arrows_pool=True)
IMPORT = Program("import", "import")
IMPORT_2H = Program("import", "import", block_duration="2h")
IMPORT_IN_2H_BLOCKS = Program("import, blocks of 2h", "import", block_duration="2h")
SCAN_ONE_CORE = Program("scan, one core", "scan", one_core=True)
IMPORT_ONE_CORE = Program("import, one core", "import", one_core=True)
PEERS = [Program(name, "peer") for name in ("promtool", "go_library", "victoria_metrics")]
CREATE_BLOCKS = Program("create-blocks-from", "create-blocks-from")
CREATE_BLOCKS_ONE_CORE = Program("create-blocks-from, one core", "create-blocks-from", one_core=True)
TEXT_PEERS = [Program("victoria_metrics", "peer"), Program("promtool", "peer", once=True)]
RECORDS = [Program(name, "records") for name in ("tables", "channel", "columns")]


def limited(limit):
    return Program(f"import, {limit}", "import", memory_limit=limit)


@dataclass(frozen=True)
class Case:
    group: str
    name: str
    title: str
    dataset: Dataset
    programs: list = field(default_factory=lambda: [SCAN, IMPORT])

    @property
    def file_name(self):
        return f"{self.group}-{self.name}.jsonl"


def _orders(entities, rows, step_s):
    """The three orders of rows; for each, what one core and little memory make of it."""
    limits = [limited("256MiB"), limited("96MiB")]
    return [
        Case("orders", order, title, Dataset("usage", order, entities, rows, step_s),
             [SCAN, IMPORT, SCAN_ARROWS_POOL, IMPORT_IN_2H_BLOCKS, SCAN_ONE_CORE, IMPORT_ONE_CORE] + limits)
        for order, title in ORDERS.items()
    ]


def _shapes(scale):
    """Inputs that are hard for one part of the engine each; at scale 1 about 30 million samples."""
    def rows(count):
        return max(60, int(count * scale))

    def entities(count):
        return max(80, int(count * scale))

    return [
        Case("shapes", "irregular", "irregular intervals", Dataset("irregular", "series", 100, rows(69120), 10)),
        Case("shapes", "noise", "incompressible values", Dataset("noise", "series", 100, rows(69120), 10)),
        Case("shapes", "wide", "300 metrics a row", Dataset("wide", "series", 100, rows(1152), 600)),
        Case("shapes", "labels", "long labels, churning", Dataset("labels", "time", entities(240_000), 60, 60)),
        Case("shapes", "many-series", "many short series", Dataset("usage", "time", entities(20_000), 60, 60)),
        Case("shapes", "huge-series", "very many, very short", Dataset("usage", "time", entities(2_000_000), 10, 60),
             [SCAN, IMPORT, limited("512MiB")]),
        Case("shapes", "year", "a year of 10 series, 2 h blocks",
             Dataset("usage", "series", 2, max(4800, int(2_102_400 * scale)), 15),
             [SCAN, IMPORT_2H]),
    ]


def _texts(entities, rows, step_s):
    """The rows sorted by series, as texts, against Arrow's readers of them."""
    programs = [SCAN, IMPORT, SCAN_ONE_CORE, IMPORT_ONE_CORE]
    return [
        Case("texts", name, title, Dataset("usage", "series", entities, rows, step_s, name), programs)
        for name, title in (("csv", "CSV"), ("json", "JSON, an object a line"))
    ]


def _records(entities, rows, step_s):
    """The same rows in a program's memory, as structs and as arrays; beside the import of a file of them."""
    return [Case("records", order, ORDERS[order], Dataset("usage", order, entities, rows, step_s),
                 [SCAN, IMPORT_2H] + RECORDS) for order in ("series", "time")]


def _pieces(scale):
    """What can't be read a handy piece at a time, within little memory."""
    def entities(count):
        return max(4, int(count * scale))

    return [
        Case("pieces", "one-csv", "one CSV file",
             Dataset("usage", "time", entities(2200), 69120, 10, "one-csv"), [limited("256MiB")]),
        Case("pieces", "one-group", "one Parquet file with one row group",
             Dataset("usage", "time", entities(900), 69120, 10, "one-group"), [limited("256MiB")]),
    ]


def _openmetrics(scale):
    """What promtool's users have: eight days of ten seconds, many series, an hourly year; promtool itself on the first."""
    def dataset(order, series, rows, step_s):
        return Dataset("exposition", order, series, max(2, int(rows * scale)), step_s, "openmetrics")

    own = [CREATE_BLOCKS, CREATE_BLOCKS_ONE_CORE]
    return [
        Case("openmetrics", "series", "8 days, sorted by series", dataset("series", 100, 69120, 10), own + TEXT_PEERS),
        Case("openmetrics", "time", "8 days, sorted by time", dataset("time", 100, 69120, 10), own),
        Case("openmetrics", "many-series", "100 k series, sorted by series", dataset("series", 100_000, 120, 60), own),
        Case("openmetrics", "many-by-time", "100 k series, sorted by time", dataset("time", 100_000, 120, 60), own),
        Case("openmetrics", "year", "one series, hourly, a year", dataset("series", 1, 8760, 3600), own),
    ]


def _curve(sizes):
    """Ever more machines of the same eight days. What no memory may hold is measured within a limit: sorted rows
    besides, shuffled ones only so."""
    cases = []
    for samples in sizes:
        entities = max(1, round(samples / (5 * 69120)))
        for order, title in ORDERS.items():
            programs = [SCAN, IMPORT]
            if samples > 10**8:
                programs = [SCAN, limited("2GiB")] if order == "random" else [SCAN, IMPORT, limited("512MiB")]
            cases.append(Case("curve", f"{order}-{samples:.0e}".replace("e+0", "e"), title,
                              Dataset("usage", order, entities, 69120, 10), programs))
    return cases


def _peers(entities):
    """A day of ten seconds: promtool reads its input once a block and needs minutes for more."""
    return [Case("peers", "day", "one day, sorted by series", Dataset("usage", "series", entities, 8640, 10),
                 [SCAN, IMPORT_2H] + PEERS)]


def cases(quick, sizes):
    """All cases but the micro benchmarks, in the order in which they run."""
    if quick:
        small = _texts(20, 10_000, 60) + _records(20, 10_000, 60) + _pieces(0.001) + _openmetrics(0.02)
        return _orders(20, 10_000, 60) + _shapes(0.02) + small + _curve([10**6]) + _peers(4)
    full = _orders(100, 69120, 10) + _shapes(1) + _texts(100, 69120, 10) + _records(100, 69120, 10)
    return full + _pieces(1) + _openmetrics(1) + _curve(sizes) + _peers(20)


def runs_of(dataset, runs):
    """How often each program runs: less often where a run takes long."""
    if dataset.samples > 5 * 10**8:
        return min(runs, 2)
    return min(runs, 3) if dataset.samples > 5 * 10**7 else runs

#!/usr/bin/env python3
"""Each mistake in a schema is an error of the compiler whose text names it; without the mistake the same code compiles.

The first case is the code without a mistake: were it wrong itself, all others would fail for that reason.
"""
import subprocess
import sys

COMPILER, INCLUDE = sys.argv[1:3]

CODE = """
#include "promfill/record_type.h"
struct Inner {{ double used; }};
struct Row {{
  std::int64_t at; std::int64_t Timestamp; std::string host; std::string zone; double cpu; double mem;
  std::vector<double> many; Inner inner; std::chrono::system_clock::time_point moment; bool flag; enum Mode {{ kOff }} mode;
}};
struct Timeless {{ double cpu; }};
template <> struct promfill::Schema<Timeless> {{
  static constexpr auto fields = promfill::fields(promfill::field<&Timeless::cpu>("metric_type:gauge"));
}};
template <> struct promfill::Schema<Row> {{
  static constexpr auto fields = promfill::fields({entries});
}};
const promfill::RecordType type = promfill::record_type<{record}>();
"""

GOOD = 'promfill::label<&Row::host>(), promfill::field<&Row::cpu>("metric_type:gauge,unit:percent")'


def tagged(tag):
    return f'promfill::field<&Row::cpu>("{tag}")'


CASES = [
    # entries, record, what the message has; None: it compiles
    (GOOD, "Row", None),
    (tagged("metric_type:gaug"), "Row", "the_metric_type_is_unknown_it_is_gauge_counter_untyped_or_a_minus"),
    (tagged("metric_type:histogram"), "Row", "the_metric_type_histogram_needs_bounds_and_summary_needs_quantiles"),
    (tagged("metric_type:summary,quantiles:0.5"), "Row",
     "the_metric_types_histogram_and_summary_are_of_ClassicHistogram_and_Summary_and_they_have_no_other"),
    (tagged("metric_type:histogram,bounds:1,cumulative:maybe"), "Row", "cumulative_is_true_or_false"),
    (GOOD + ", promfill::start<&Row::cpu>(), promfill::start<&Row::cpu>()", "Row", "the_record_has_two_starts"),
    (tagged("metric_type:native_histogram"), "Row",
     "the_metric_type_native_histogram_is_of_Histogram_and_FloatHistogram_and_they_have_no_other"),
    (tagged("unit:percent"), "Row", "the_tag_has_no_metric_type"),
    (tagged("metric_type"), "Row", "the_tag_has_a_key_without_a_colon"),
    (tagged("metric_type:gauge,1st:x"), "Row", "the_tag_has_a_key_that_is_no_label_name"),
    (tagged("metric_type:gauge,a:1,a:2"), "Row", "the_tag_has_a_key_twice"),
    (tagged("metric_type:gauge,a:"), "Row", "the_tag_has_a_key_without_a_value"),
    (tagged("metric_type:gauge,a:b\\\\"), "Row", "the_tag_ends_in_a_backslash"),
    (tagged("metric_type:gauge,metric_name:1st"), "Row", "the_metric_name_is_invalid"),
    (tagged("metric_type:gauge,__name__:x"), "Row", "the_name_of_the_metric_is_said_with_metric_name"),
    ('promfill::label<&Row::host>("a-b")', "Row", "the_label_name_is_invalid"),
    ('promfill::label<&Row::host>("a"), promfill::label<&Row::zone>("a")', "Row", "two_labels_have_the_same_name"),
    (GOOD + ', promfill::label<&Row::zone>("unit")', "Row", "two_labels_have_the_same_name"),
    (GOOD + ', promfill::field<&Row::mem>("metric_type:gauge,metric_name:cpu,unit:percent")', "Row",
     "two_fields_would_make_the_same_series"),
    (GOOD + ", promfill::timestamp<&Row::at>(), promfill::timestamp<&Row::Timestamp>()", "Row",
     "the_record_has_two_timestamps"),
    (GOOD + ", promfill::timestamp<&Row::moment>(promfill::TimeUnit::seconds)", "Row", "knows its unit; leave it out"),
    (GOOD + ", promfill::timestamp<&Row::host>()", "Row",
     "a timestamp is a number, a std::chrono::sys_time or a std::chrono::duration"),
    ('promfill::field<&Row::many>("metric_type:gauge")', "Row", "a metric is a number, a std::chrono::duration"),
    ('promfill::field<&Row::mode>("metric_type:gauge")', "Row", "an enum with promfill::enum_as_number"),
    (GOOD + ", promfill::label<&Row::many>()", "Row", "a label is text, a number, or an enum"),
    (GOOD + ", promfill::nested<&Row::inner>()", "Row", "a nested struct needs a promfill::Schema of its own"),
    (GOOD, "Timeless", "the record has no time"),
    (GOOD, "Inner", "there is no promfill::Schema"),
]


def compile_case(entries, record):
    code = CODE.format(entries=entries, record=record)
    command = [COMPILER, "-std=c++20", "-fsyntax-only", "-I", INCLUDE, "-x", "c++", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=False)


def main():
    failures = 0
    for entries, record, message in CASES:
        done = compile_case(entries, record)
        good = done.returncode == 0 if message is None else done.returncode != 0 and message in done.stderr
        if not good:
            failures += 1
            print(f"FAILED: {record}: {entries}\n  expected: {message or 'to compile'}\n{done.stderr[:2000]}")
    print(f"compile_fail: {len(CASES)} cases, {failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// sample is one decoded input line. Exactly one of h, fh or the float v holds.
type sample struct {
	lset  labels.Labels
	st, t int64
	v     float64
	h     *histogram.Histogram
	fh    *histogram.FloatHistogram
}

// sampleJSON is the wire form of a sample, both read by write and printed by
// dump. Instead of t and v a line may hold many float samples of its series:
// "samples":[[t,v],...]. v is a number, or a string holding a decimal float ("-0", "NaN",
// "+Inf", "1e-310"), the word "stale" (Prometheus's staleness marker), or raw
// IEEE 754 bits as "0x" plus 16 hex digits.
type sampleJSON struct {
	Kind   string                   `json:"kind,omitempty"` // Printed by dump, ignored by write.
	Labels map[string]string        `json:"labels,omitempty"`
	T      int64                    `json:"t"`
	ST     int64                    `json:"st,omitempty"`
	V      *fnum                    `json:"v,omitempty"`
	H      *histJSON[uint64, int64] `json:"h,omitempty"`
	FH     *histJSON[fnum, fnum]    `json:"fh,omitempty"`

	Samples []floatSampleJSON `json:"samples,omitempty"`
}

// floatSampleJSON is a [t, v] pair.
type floatSampleJSON struct {
	t int64
	v fnum
}

func (f *floatSampleJSON) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("bad sample %s, want [t, v]", b)
	}
	if err := json.Unmarshal(pair[0], &f.t); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &f.v)
}

func (f floatSampleJSON) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{f.t, f.v})
}

// histJSON is a native histogram. For integer histograms ("h") the buckets are
// deltas, as in Prometheus's histogram.Histogram; for float histograms ("fh")
// they are absolute counts. Spans are [offset, length] pairs.
type histJSON[C, B any] struct {
	Hint            string     `json:"hint,omitempty"` // unknown (default), reset, not_reset, gauge.
	Schema          int32      `json:"schema"`
	ZeroThreshold   fnum       `json:"zero_threshold"`
	ZeroCount       C          `json:"zero_count"`
	Count           C          `json:"count"`
	Sum             fnum       `json:"sum"`
	PositiveSpans   [][2]int64 `json:"positive_spans,omitempty"`
	PositiveBuckets []B        `json:"positive_buckets,omitempty"`
	NegativeSpans   [][2]int64 `json:"negative_spans,omitempty"`
	NegativeBuckets []B        `json:"negative_buckets,omitempty"`
	CustomValues    []fnum     `json:"custom_values,omitempty"`
}

// fnum is a float64 that survives JSON exactly: it prints as its 16 hex digits.
type fnum float64

func (f fnum) MarshalJSON() ([]byte, error) {
	return json.Marshal(fmt.Sprintf("0x%016x", math.Float64bits(float64(f))))
}

func (f *fnum) UnmarshalJSON(b []byte) error {
	s := string(b)
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	switch {
	case s == "stale":
		*f = fnum(math.Float64frombits(value.StaleNaN))
		return nil
	case len(s) == 18 && s[:2] == "0x":
		u, err := strconv.ParseUint(s[2:], 16, 64)
		if err != nil {
			return fmt.Errorf("bad float bits %q", s)
		}
		*f = fnum(math.Float64frombits(u))
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("bad float %q", s)
	}
	*f = fnum(v)
	return nil
}

var hintNames = map[histogram.CounterResetHint]string{
	histogram.UnknownCounterReset: "unknown",
	histogram.CounterReset:        "reset",
	histogram.NotCounterReset:     "not_reset",
	histogram.GaugeType:           "gauge",
}

func parseHint(s string) (histogram.CounterResetHint, error) {
	if s == "" {
		return histogram.UnknownCounterReset, nil
	}
	for h, n := range hintNames {
		if n == s {
			return h, nil
		}
	}
	return 0, fmt.Errorf("unknown counter reset hint %q", s)
}

func spansFromJSON(in [][2]int64) []histogram.Span {
	var out []histogram.Span
	for _, p := range in {
		out = append(out, histogram.Span{Offset: int32(p[0]), Length: uint32(p[1])})
	}
	return out
}

func spansToJSON(in []histogram.Span) [][2]int64 {
	var out [][2]int64
	for _, s := range in {
		out = append(out, [2]int64{int64(s.Offset), int64(s.Length)})
	}
	return out
}

// conv converts a slice of float-like values; a nil or empty slice gives nil,
// because Prometheus tells nil and empty custom values apart in validation.
func conv[A, B ~float64](in []A) []B {
	var out []B
	for _, x := range in {
		out = append(out, B(x))
	}
	return out
}

// readSamples decodes JSON lines; empty lines are skipped.
func readSamples(r io.Reader) (out []sample, err error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 1<<20), 1<<30)
	for n := 1; sc.Scan(); n++ {
		line := bytes.TrimSpace(sc.Bytes())
		if len(line) == 0 {
			continue
		}
		if out, err = appendLine(out, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return out, sc.Err()
}

// appendLine decodes one line: a sample, or a series with its float samples.
func appendLine(out []sample, line []byte) ([]sample, error) {
	var j sampleJSON
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return nil, err
	}
	if j.Samples == nil {
		s, err := parseSample(j)
		return append(out, s), err
	}
	if j.V != nil || j.H != nil || j.FH != nil || j.T != 0 || j.ST != 0 {
		return nil, errors.New("samples beside t, st, v, h or fh")
	}
	lset := labels.FromMap(j.Labels)
	for _, p := range j.Samples {
		out = append(out, sample{lset: lset, t: p.t, v: float64(p.v)})
	}
	return out, nil
}

func parseSample(j sampleJSON) (sample, error) {
	s := sample{lset: labels.FromMap(j.Labels), st: j.ST, t: j.T}
	set := 0
	if j.V != nil {
		s.v = float64(*j.V)
		set++
	}
	if j.H != nil {
		hint, err := parseHint(j.H.Hint)
		if err != nil {
			return s, err
		}
		s.h = &histogram.Histogram{
			CounterResetHint: hint,
			Schema:           j.H.Schema,
			ZeroThreshold:    float64(j.H.ZeroThreshold),
			ZeroCount:        j.H.ZeroCount,
			Count:            j.H.Count,
			Sum:              float64(j.H.Sum),
			PositiveSpans:    spansFromJSON(j.H.PositiveSpans),
			NegativeSpans:    spansFromJSON(j.H.NegativeSpans),
			PositiveBuckets:  j.H.PositiveBuckets,
			NegativeBuckets:  j.H.NegativeBuckets,
			CustomValues:     conv[fnum, float64](j.H.CustomValues),
		}
		set++
	}
	if j.FH != nil {
		hint, err := parseHint(j.FH.Hint)
		if err != nil {
			return s, err
		}
		s.fh = &histogram.FloatHistogram{
			CounterResetHint: hint,
			Schema:           j.FH.Schema,
			ZeroThreshold:    float64(j.FH.ZeroThreshold),
			ZeroCount:        float64(j.FH.ZeroCount),
			Count:            float64(j.FH.Count),
			Sum:              float64(j.FH.Sum),
			PositiveSpans:    spansFromJSON(j.FH.PositiveSpans),
			NegativeSpans:    spansFromJSON(j.FH.NegativeSpans),
			PositiveBuckets:  conv[fnum, float64](j.FH.PositiveBuckets),
			NegativeBuckets:  conv[fnum, float64](j.FH.NegativeBuckets),
			CustomValues:     conv[fnum, float64](j.FH.CustomValues),
		}
		set++
	}
	if set != 1 {
		return s, fmt.Errorf("need exactly one of v, h, fh; got %d", set)
	}
	return s, nil
}

// toJSON is the inverse of parseSample, without the labels.
func (s sample) toJSON() sampleJSON {
	j := sampleJSON{T: s.t, ST: s.st}
	switch {
	case s.h != nil:
		j.H = &histJSON[uint64, int64]{
			Hint:            hintNames[s.h.CounterResetHint],
			Schema:          s.h.Schema,
			ZeroThreshold:   fnum(s.h.ZeroThreshold),
			ZeroCount:       s.h.ZeroCount,
			Count:           s.h.Count,
			Sum:             fnum(s.h.Sum),
			PositiveSpans:   spansToJSON(s.h.PositiveSpans),
			NegativeSpans:   spansToJSON(s.h.NegativeSpans),
			PositiveBuckets: s.h.PositiveBuckets,
			NegativeBuckets: s.h.NegativeBuckets,
			CustomValues:    conv[float64, fnum](s.h.CustomValues),
		}
	case s.fh != nil:
		j.FH = &histJSON[fnum, fnum]{
			Hint:            hintNames[s.fh.CounterResetHint],
			Schema:          s.fh.Schema,
			ZeroThreshold:   fnum(s.fh.ZeroThreshold),
			ZeroCount:       fnum(s.fh.ZeroCount),
			Count:           fnum(s.fh.Count),
			Sum:             fnum(s.fh.Sum),
			PositiveSpans:   spansToJSON(s.fh.PositiveSpans),
			NegativeSpans:   spansToJSON(s.fh.NegativeSpans),
			PositiveBuckets: conv[float64, fnum](s.fh.PositiveBuckets),
			NegativeBuckets: conv[float64, fnum](s.fh.NegativeBuckets),
			CustomValues:    conv[float64, fnum](s.fh.CustomValues),
		}
	default:
		v := fnum(s.v)
		j.V = &v
	}
	return j
}

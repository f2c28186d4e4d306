package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
)

// cmdRemoteWrite sends samples to a server that takes remote writes, in order
// of time, so that it ingests them as it ingests what agents send it.
func cmdRemoteWrite(args []string) error {
	fs := flag.NewFlagSet("remote-write", flag.ContinueOnError)
	url := fs.String("url", "", "of the endpoint: http://HOST:PORT/api/v1/write")
	batch := fs.Int("batch", 2000, "samples in a request")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *url == "" || *batch < 1 {
		return errors.New("--url is required, --batch must be positive")
	}
	samples, err := readSamples(os.Stdin)
	if err != nil {
		return err
	}
	slices.SortStableFunc(samples, func(a, b sample) int { return cmp.Compare(a.t, b.t) })
	for len(samples) > 0 {
		n := min(*batch, len(samples))
		if err := send(*url, samples[:n]); err != nil {
			return err
		}
		samples = samples[n:]
	}
	return nil
}

func send(url string, samples []sample) error {
	var request prompb.WriteRequest
	for _, s := range samples {
		series := prompb.TimeSeries{}
		s.lset.Range(func(l labels.Label) {
			series.Labels = append(series.Labels, prompb.Label{Name: l.Name, Value: l.Value})
		})
		switch {
		case s.h != nil:
			series.Histograms = []prompb.Histogram{prompb.FromIntHistogram(s.t, s.h)}
		case s.fh != nil:
			series.Histograms = []prompb.Histogram{prompb.FromFloatHistogram(s.t, s.fh)}
		default:
			series.Samples = []prompb.Sample{{Timestamp: s.t, Value: s.v}}
		}
		request.Timeseries = append(request.Timeseries, series)
	}
	raw, err := request.Marshal()
	if err != nil {
		return err
	}
	post, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(snappy.Encode(nil, raw)))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Encoding", "snappy")
	post.Header.Set("Content-Type", "application/x-protobuf")
	post.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
		return fmt.Errorf("%s answers %s: %s", url, answer.Status, text)
	}
	return nil
}

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/common/promslog"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// blockWriter is what tsdb.BlockWriter offers, so that headWriter can stand in.
type blockWriter interface {
	Appender(context.Context) storage.Appender
	AppenderV2(context.Context) storage.AppenderV2
	Flush(context.Context) (ulid.ULID, error)
	Close() error
}

type writeOpts struct {
	out         string
	duration    time.Duration
	rangeFactor int64
	encoding    string
	order       string
	batch       int
	histogramST bool
	oneBlock    bool
}

func cmdWrite(args []string) error {
	var o writeOpts
	fs := newFlags("write")
	fs.StringVar(&o.out, "out", "", "data directory to create the blocks in (required)")
	fs.DurationVar(&o.duration, "block-duration", 2*time.Hour, "width of the aligned range that one block covers")
	fs.StringVar(&o.encoding, "encoding", "xor", "float chunk encoding: xor (real tsdb.BlockWriter) or xor2 (same steps, own Head)")
	fs.Int64Var(&o.rangeFactor, "range-factor", 2, "BlockWriter block size = this times the block duration; promtool uses 2, a server head behaves like 1")
	fs.StringVar(&o.order, "order", "time", "append order: time (globally by timestamp) or input (as read, as promtool does)")
	fs.IntVar(&o.batch, "batch", 5000, "samples per appender commit; promtool uses 5000")
	fs.BoolVar(&o.histogramST, "histogram-st", false, "use the start-timestamp histogram encodings")
	fs.BoolVar(&o.oneBlock, "one-block", false, "put everything into one block, whatever its range; --block-duration only sets the chunk range")
	if err := fs.Parse(args); err != nil {
		return err
	}
	switch {
	case fs.NArg() != 0:
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.out == "":
		return errors.New("--out is required")
	case o.encoding != "xor" && o.encoding != "xor2":
		return fmt.Errorf("unknown encoding %q", o.encoding)
	case o.order != "time" && o.order != "input":
		return fmt.Errorf("unknown order %q", o.order)
	case o.duration < time.Millisecond || o.rangeFactor < 1 || o.batch < 1:
		return errors.New("--block-duration, --range-factor and --batch must be positive")
	}
	samples, err := readSamples(os.Stdin)
	if err != nil {
		return err
	}
	return writeBlocks(o, samples)
}

// writeBlocks writes one block per aligned range that has samples, in order of
// time, and prints a JSON line for each. Division is floored, so negative
// timestamps go to the range that holds them.
func writeBlocks(o writeOpts, samples []sample) error {
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	width := o.duration.Milliseconds()
	groups := map[int64][]sample{}
	for _, s := range samples {
		k := s.t / width
		if s.t%width < 0 {
			k--
		}
		if o.oneBlock {
			k = 0
		}
		groups[k] = append(groups[k], s)
	}
	keys := make([]int64, 0, len(groups))
	for k := range groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	enc := json.NewEncoder(os.Stdout)
	for _, k := range keys {
		id, err := writeBlock(o, width, groups[k])
		if err != nil {
			return fmt.Errorf("range [%d, %d): %w", k*width, (k+1)*width, err)
		}
		line := map[string]any{"range_start": k * width, "range_end": (k + 1) * width}
		if id != (ulid.ULID{}) { // Zero: nothing was appended, no block exists.
			line["ulid"] = id.String()
			line["dir"] = filepath.Join(o.out, id.String())
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func writeBlock(o writeOpts, width int64, samples []sample) (id ulid.ULID, err error) {
	ctx := context.Background()
	var w blockWriter
	if o.encoding == "xor" && !o.histogramST {
		w, err = tsdb.NewBlockWriter(promslog.NewNopLogger(), o.out, o.rangeFactor*width)
	} else {
		w, err = newHeadWriter(o, o.rangeFactor*width)
	}
	if err != nil {
		return id, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()

	if o.order == "time" {
		slices.SortStableFunc(samples, func(a, b sample) int { return cmp.Compare(a.t, b.t) })
	}
	// Use the appender promtool uses, unless start timestamps need the new one.
	useV2 := slices.ContainsFunc(samples, func(s sample) bool { return s.st != 0 })
	for len(samples) > 0 {
		n := min(o.batch, len(samples))
		if useV2 {
			err = appendV2(ctx, w, samples[:n])
		} else {
			err = appendV1(ctx, w, samples[:n])
		}
		if err != nil {
			return id, err
		}
		samples = samples[n:]
	}
	return w.Flush(ctx)
}

func appendV1(ctx context.Context, w blockWriter, samples []sample) error {
	app := w.Appender(ctx)
	for _, s := range samples {
		var err error
		if s.h != nil || s.fh != nil {
			_, err = app.AppendHistogram(0, s.lset, s.t, s.h, s.fh)
		} else {
			_, err = app.Append(0, s.lset, s.t, s.v)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("append %s @%d: %w", s.lset, s.t, err), app.Rollback())
		}
	}
	return app.Commit()
}

func appendV2(ctx context.Context, w blockWriter, samples []sample) error {
	app := w.AppenderV2(ctx)
	for _, s := range samples {
		if _, err := app.Append(0, s.lset, s.st, s.t, s.v, s.h, s.fh, storage.AOptions{}); err != nil {
			return errors.Join(fmt.Errorf("append %s @%d: %w", s.lset, s.t, err), app.Rollback())
		}
	}
	return app.Commit()
}

// headWriter repeats the steps of tsdb.BlockWriter with the encoding options
// that BlockWriter does not expose.
type headWriter struct {
	*tsdb.Head
	dir, dest string
	blockSize int64
}

func newHeadWriter(o writeOpts, blockSize int64) (*headWriter, error) {
	dir, err := os.MkdirTemp("", "blockoracle")
	if err != nil {
		return nil, err
	}
	opts := tsdb.DefaultHeadOptions()
	opts.ChunkRange = blockSize
	opts.ChunkDirRoot = dir
	if o.encoding == "xor2" {
		opts.FloatChunkEncoding.Store(uint32(chunkenc.EncXOR2))
		opts.EnableSTStorage.Store(true)
	}
	opts.EnableHistogramSTEncoding.Store(o.histogramST)
	h, err := tsdb.NewHead(nil, promslog.NewNopLogger(), nil, nil, opts, tsdb.NewHeadStats())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	w := &headWriter{Head: h, dir: dir, dest: o.out, blockSize: blockSize}
	if err := h.Init(math.MinInt64); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *headWriter) Flush(ctx context.Context) (id ulid.ULID, err error) {
	c, err := tsdb.NewLeveledCompactor(ctx, nil, promslog.NewNopLogger(), []int64{w.blockSize}, chunkenc.NewPool(), nil)
	if err != nil {
		return id, err
	}
	ids, err := c.Write(w.dest, w.Head, w.MinTime(), w.MaxTime()+1, nil)
	if err != nil || len(ids) == 0 {
		return id, err
	}
	return ids[0], nil
}

func (w *headWriter) Close() error {
	return errors.Join(w.Head.Close(), os.RemoveAll(w.dir))
}

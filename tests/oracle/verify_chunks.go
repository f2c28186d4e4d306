package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// walkSegments checks the chunk files record by record, and that the index
// refers to exactly these records, in this order, cut into segments where
// Prometheus would cut.
func (v *verifier) walkSegments() {
	v.chunkAt = map[chunks.ChunkRef]int64{}
	var inFile []chunks.ChunkRef
	entries, err := os.ReadDir(filepath.Join(v.dir, "chunks"))
	if err != nil {
		v.problemf("%v", err)
		return
	}
	for seq, e := range entries {
		if want := fmt.Sprintf("%06d", seq+1); e.Name() != want {
			v.problemf("chunks: found %q, want %q", e.Name(), want)
			return
		}
		b, err := os.ReadFile(filepath.Join(v.dir, "chunks", e.Name()))
		if err != nil {
			v.problemf("%v", err)
			return
		}
		if len(b) < chunks.SegmentHeaderSize || !bytes.Equal(b[:8], []byte{0x85, 0xBD, 0x40, 0xDD, 1, 0, 0, 0}) {
			v.problemf("chunks: %s: bad header", e.Name())
			continue
		}
		for pos := chunks.SegmentHeaderSize; pos < len(b); {
			l, n := uvarint(b[pos:])
			end := pos + n + 1 + int(l) + 4
			if n <= 0 || n > binary.MaxVarintLen32 || end > len(b) {
				v.problemf("chunks: %s: bad record at %d", e.Name(), pos)
				break
			}
			if got, want := crc32.Checksum(b[pos+n:end-4], castagnoli), binary.BigEndian.Uint32(b[end-4:]); got != want {
				v.problemf("chunks: %s: CRC of record at %d is %08x, file says %08x", e.Name(), pos, got, want)
			}
			ref := chunks.ChunkRef(chunks.NewBlockChunkRef(uint64(seq), uint64(pos)))
			v.chunkAt[ref] = int64(l)
			inFile = append(inFile, ref)
			pos = end
		}
	}
	var inIndex []chunks.ChunkRef
	plan := segmentPlan{}
	for _, s := range v.series {
		sizes := make([]int64, len(s.chks))
		for i, c := range s.chks {
			inIndex = append(inIndex, c.Ref)
			sizes[i] = v.chunkAt[c.Ref]
		}
		for i, want := range plan.add(sizes) {
			if got := s.chks[i].Ref; got != want {
				v.problemf("chunks: %s chunk %d is at %#x, Prometheus would put it at %#x", s.lset, i, uint64(got), uint64(want))
			}
		}
	}
	if !slices.Equal(inIndex, inFile) {
		v.problemf("chunks: the index refers to %d records, the files hold %d, and they are not the same in the same order", len(inIndex), len(inFile))
	}
}

// segmentPlan computes where chunks.Writer puts chunks of given sizes.
type segmentPlan struct {
	seq uint64 // Zero based.
	n   int64  // Write position in the segment, 0 before the first.
}

func (p *segmentPlan) add(sizes []int64) []chunks.ChunkRef {
	const limit, header = chunks.DefaultChunkSegmentSize, chunks.SegmentHeaderSize
	// Where Prometheus cuts, it reckons each record with a 5-byte length.
	cutBefore := make([]bool, len(sizes))
	batch, first := int64(0), true
	for i, s := range sizes {
		size := s + chunks.MaxChunkLengthFieldSize + chunks.ChunkEncodingSize + crc32.Size
		batch += size
		cut := i != 0 && batch+header > limit
		if first && p.n > header {
			cut = batch+p.n > limit
			first = !cut
		}
		if cut {
			cutBefore[i] = true
			batch = size
		}
	}
	if p.n == 0 {
		p.n = header
	}
	refs := make([]chunks.ChunkRef, len(sizes))
	for i, s := range sizes {
		if cutBefore[i] {
			p.seq++
			p.n = header
		}
		refs[i] = chunks.ChunkRef(chunks.NewBlockChunkRef(p.seq, uint64(p.n)))
		p.n += int64(len(binary.AppendUvarint(nil, uint64(s)))) + 1 + s + 4
	}
	return refs
}

// checkThroughReader opens the block the way Prometheus does, decodes every
// chunk, and re-encodes it to see that the bytes are what Prometheus writes.
func (v *verifier) checkThroughReader() {
	b, err := tsdb.OpenBlock(nil, v.dir, nil, nil)
	if err != nil {
		v.problemf("tsdb.OpenBlock: %v", err)
		return
	}
	defer b.Close()
	v.opened = true
	ir, err := b.Index()
	if err != nil {
		v.problemf("%v", err)
		return
	}
	defer ir.Close()
	cr, err := b.Chunks()
	if err != nil {
		v.problemf("%v", err)
		return
	}
	defer cr.Close()

	name, val := index.AllPostingsKey()
	p, err := ir.Postings(context.Background(), name, val)
	if err != nil {
		v.problemf("%v", err)
		return
	}
	var (
		builder labels.ScratchBuilder
		metas   []chunks.Meta
		mint    = int64(math.MaxInt64)
		maxt    = int64(math.MinInt64)
		i       = 0
	)
	for ; p.Next(); i++ {
		if err := ir.Series(p.At(), &builder, &metas); err != nil {
			v.problemf("series %d: %v", p.At(), err)
			continue
		}
		lset := builder.Labels()
		if i < len(v.series) && (p.At() != storage.SeriesRef(v.series[i].ref) || !labels.Equal(lset, v.series[i].lset)) {
			v.problemf("series %d: reader and raw walk disagree", p.At())
		}
		v.stats.NumSeries++
		v.stats.NumChunks += uint64(len(metas))
		for _, m := range metas {
			v.checkChunk(cr, lset, m)
			mint, maxt = min(mint, m.MinTime), max(maxt, m.MaxTime)
		}
	}
	if err := p.Err(); err != nil {
		v.problemf("%v", err)
	}
	if i != len(v.series) {
		v.problemf("reader finds %d series, raw walk %d", i, len(v.series))
	}
	if i > 0 && (mint != v.meta.MinTime || maxt+1 != v.meta.MaxTime) {
		v.oddf("samples lie in [%d, %d], meta.json says [%d, %d)", mint, maxt, v.meta.MinTime, v.meta.MaxTime)
	}
	v.checkQuery(b, mint, maxt)
}

func (v *verifier) checkChunk(cr tsdb.ChunkReader, lset labels.Labels, m chunks.Meta) {
	where := fmt.Sprintf("%s chunk %#x", lset, uint64(m.Ref))
	if m.MinTime < v.meta.MinTime || m.MaxTime >= v.meta.MaxTime {
		v.problemf("%s: [%d, %d] is outside the block's [%d, %d)", where, m.MinTime, m.MaxTime, v.meta.MinTime, v.meta.MaxTime)
	}
	c, iterable, err := cr.ChunkOrIterable(m)
	if err != nil || iterable != nil {
		v.problemf("%s: %v", where, err)
		return
	}
	n := uint64(c.NumSamples())
	v.stats.NumSamples += n
	switch c.Encoding() {
	case chunkenc.EncXOR, chunkenc.EncXOR2:
		v.stats.NumFloatSamples += n
	default:
		v.stats.NumHistogramSamples += n
	}

	again, err := chunkenc.NewEmptyChunk(c.Encoding())
	if err != nil {
		v.problemf("%s: %v", where, err)
		return
	}
	app, err := again.Appender()
	if err != nil {
		v.problemf("%s: %v", where, err)
		return
	}
	var first, last int64
	count := 0
	it := c.Iterator(nil)
	for vt := it.Next(); vt != chunkenc.ValNone; vt = it.Next() {
		s := sampleAt(it, vt)
		switch {
		case count == 0:
			first = s.t
		case s.t <= last:
			v.problemf("%s: timestamp %d after %d", where, s.t, last)
		}
		last = s.t
		count++
		switch {
		case s.h != nil:
			if counterResetHeader(c) == "gauge" {
				s.h.CounterResetHint = histogram.GaugeType // A stale sample comes back without it.
			}
			_, _, app, err = app.AppendHistogram(nil, s.st, s.t, s.h, true)
		case s.fh != nil:
			if counterResetHeader(c) == "gauge" {
				s.fh.CounterResetHint = histogram.GaugeType
			}
			_, _, app, err = app.AppendFloatHistogram(nil, s.st, s.t, s.fh, true)
		default:
			app.Append(s.st, s.t, s.v)
		}
		if err != nil {
			v.problemf("%s: re-encoding sample at %d: %v", where, s.t, err)
			return
		}
	}
	if err := it.Err(); err != nil {
		v.problemf("%s: %v", where, err)
		return
	}
	if count == 0 || count != c.NumSamples() {
		v.problemf("%s: header says %d samples, decoded %d", where, c.NumSamples(), count)
		return
	}
	if first != m.MinTime || last != m.MaxTime {
		v.problemf("%s: index says [%d, %d], samples are [%d, %d]", where, m.MinTime, m.MaxTime, first, last)
	}
	if !bytes.Equal(maskCounterReset(c), maskCounterReset(again)) {
		v.problemf("%s: Prometheus encodes these samples differently:\n  have %x\n  want %x", where, c.Bytes(), again.Bytes())
	}
}

// maskCounterReset returns the chunk's bytes without the counter reset header,
// which depends on the chunk before and so cannot be checked from one chunk.
func maskCounterReset(c chunkenc.Chunk) []byte {
	b := slices.Clone(c.Bytes())
	switch c.Encoding() {
	case chunkenc.EncHistogram, chunkenc.EncFloatHistogram:
		b[2] &^= chunkenc.CounterResetHeaderMask
	case chunkenc.EncHistogramST, chunkenc.EncFloatHistogramST:
		b[0] &^= chunkenc.CounterResetHeaderMask
	}
	return b
}

// checkQuery reads everything through the querier that PromQL uses.
func (v *verifier) checkQuery(b *tsdb.Block, mint, maxt int64) {
	q, err := tsdb.NewBlockQuerier(b, mint, maxt)
	if err != nil {
		v.problemf("querier: %v", err)
		return
	}
	defer q.Close()
	// Every label set matches: no series has a label of this name.
	m := labels.MustNewMatcher(labels.MatchEqual, "\xff none", "")
	set := q.Select(context.Background(), true, nil, m)
	var series, samples uint64
	var it chunkenc.Iterator
	for set.Next() {
		series++
		it = set.At().Iterator(it)
		for it.Next() != chunkenc.ValNone {
			samples++
		}
		if err := it.Err(); err != nil {
			v.problemf("querier: %v", err)
		}
	}
	if err := set.Err(); err != nil {
		v.problemf("querier: %v", err)
	}
	if v.meta.Stats.NumTombstones == 0 && (series != v.stats.NumSeries || samples != v.stats.NumSamples) {
		v.problemf("querier: %d series and %d samples, want %d and %d", series, samples, v.stats.NumSeries, v.stats.NumSamples)
	}
}

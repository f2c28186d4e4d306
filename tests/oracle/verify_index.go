package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

// byteSlice adapts a []byte for Prometheus's index functions.
type byteSlice []byte

func (b byteSlice) Len() int                    { return len(b) }
func (b byteSlice) Range(start, end int) []byte { return b[start:end] }

// section checks a length-prefixed (4 bytes, big endian), CRC-suffixed part of
// the index that starts at off. It returns the contents and where the part ends.
func section(raw []byte, off uint64) (body []byte, end uint64, err error) {
	if off+8 > uint64(len(raw)) {
		return nil, 0, fmt.Errorf("at %d: past the end of the file", off)
	}
	l := uint64(binary.BigEndian.Uint32(raw[off:]))
	end = off + 4 + l + 4
	if end > uint64(len(raw)) {
		return nil, 0, fmt.Errorf("at %d: length %d runs past the end of the file", off, l)
	}
	body = raw[off+4 : off+4+l]
	if got, want := crc32.Checksum(body, castagnoli), binary.BigEndian.Uint32(raw[end-4:]); got != want {
		return nil, 0, fmt.Errorf("at %d: CRC is %08x, file says %08x", off, got, want)
	}
	return body, end, nil
}

// walkIndex accounts for every byte of the index file, in the layout of the
// index writer of Prometheus 3.14, and fills v.series.
func (v *verifier) walkIndex(raw []byte) {
	const tocLen = 6*8 + 4
	if len(raw) < 5+tocLen {
		v.problemf("index: only %d bytes", len(raw))
		return
	}
	if !bytes.Equal(raw[:5], []byte{0xBA, 0xAA, 0xD7, 0x00, 2}) {
		v.problemf("index: header is %x, want baaad70002", raw[:5])
	}
	toc, err := index.NewTOCFromByteSlice(byteSlice(raw))
	if err != nil {
		v.problemf("index: %v", err)
		return
	}
	if toc.LabelIndices != toc.Postings || toc.LabelIndicesTable != toc.PostingsTable {
		v.oddf("index: TOC %+v is of an older writer (3.14 writes no label indices)", *toc)
	}
	symbols := v.walkSymbols(raw, toc)
	v.walkSeries(raw, toc, symbols)
	v.walkPostings(raw, toc, uint64(len(raw)-tocLen))
}

func (v *verifier) walkSymbols(raw []byte, toc *index.TOC) []string {
	if toc.Symbols != 5 {
		v.problemf("index: symbols start at %d, want 5", toc.Symbols)
	}
	body, end, err := section(raw, toc.Symbols)
	if err != nil || len(body) < 4 {
		v.problemf("index: symbols: %v", err)
		return nil
	}
	if end != toc.Series {
		v.problemf("index: symbols end at %d, but TOC says series start at %d", end, toc.Series)
	}
	cnt := binary.BigEndian.Uint32(body)
	var out []string
	for body = body[4:]; len(body) > 0; {
		l, n := uvarint(body)
		if n <= 0 || uint64(len(body)-n) < l {
			v.problemf("index: symbol %d is malformed", len(out))
			return out
		}
		s := string(body[n : n+int(l)])
		body = body[n+int(l):]
		if len(out) > 0 && s <= out[len(out)-1] {
			v.problemf("index: symbol %d, %q, is not above its predecessor %q", len(out), s, out[len(out)-1])
		}
		out = append(out, s)
	}
	if int(cnt) != len(out) {
		v.problemf("index: symbol count is %d, found %d", cnt, len(out))
	}
	if len(out) == 0 || out[0] != "" {
		v.oddf("index: the first symbol is not the empty string")
	}
	return out
}

func (v *verifier) walkSeries(raw []byte, toc *index.TOC, symbols []string) {
	used := make([]bool, len(symbols))
	if len(used) > 0 && symbols[0] == "" {
		used[0] = true // Comes from the "all postings" key, not from a label.
	}
	pos := toc.Series
	for pos < toc.LabelIndices {
		aligned := (pos + 15) / 16 * 16
		if aligned >= toc.LabelIndices || !allZero(raw[pos:aligned]) {
			v.problemf("index: series section: bad padding at %d", pos)
			return
		}
		pos = aligned
		l, n := uvarint(raw[pos:])
		end := pos + uint64(n) + l + 4
		if n <= 0 || end > toc.LabelIndices {
			v.problemf("index: series at %d: bad length", pos)
			return
		}
		body := raw[pos+uint64(n) : end-4]
		if got, want := crc32.Checksum(body, castagnoli), binary.BigEndian.Uint32(raw[end-4:]); got != want {
			v.problemf("index: series at %d: CRC is %08x, file says %08x", pos, got, want)
		}
		s, err := v.parseSeries(body, symbols, used)
		if err != nil {
			v.problemf("index: series at %d: %v", pos, err)
			return
		}
		s.ref = uint32(pos / 16)
		if len(v.series) > 0 && labels.Compare(v.series[len(v.series)-1].lset, s.lset) >= 0 {
			v.problemf("index: series %s is not above its predecessor %s", s.lset, v.series[len(v.series)-1].lset)
		}
		v.series = append(v.series, s)
		pos = end
	}
	for i, u := range used {
		if !u {
			v.oddf("index: symbol %d, %q, is not used by any series", i, symbols[i])
		}
	}
}

// parseSeries decodes one series entry; it refuses varints that are longer than
// they need to be, because the bytes would then not be Prometheus's.
func (v *verifier) parseSeries(b []byte, symbols []string, used []bool) (s rawSeries, err error) {
	next := func() (x uint64) {
		if err != nil {
			return 0
		}
		x, n := uvarint(b)
		if n <= 0 {
			err = errors.New("malformed or non-minimal varint")
			return 0
		}
		b = b[n:]
		return x
	}
	nextSigned := func() int64 {
		ux := next()
		x := int64(ux >> 1)
		if ux&1 != 0 {
			x = ^x
		}
		return x
	}
	symbol := func() string {
		i := next()
		if err == nil && i >= uint64(len(symbols)) {
			err = fmt.Errorf("symbol %d of %d", i, len(symbols))
		}
		if err != nil {
			return ""
		}
		used[i] = true
		return symbols[i]
	}
	builder := labels.NewScratchBuilder(8)
	prev := ""
	for i, n := uint64(0), next(); i < n && err == nil; i++ {
		name, val := symbol(), symbol()
		if err == nil && (name <= prev && i > 0 || val == "") {
			err = fmt.Errorf("bad label %q=%q after %q", name, val, prev)
		}
		builder.Add(name, val)
		prev = name
	}
	var mint, maxt, ref int64
	for i, n := uint64(0), next(); i < n && err == nil; i++ {
		if i == 0 {
			mint = nextSigned()
			maxt = mint + int64(next())
			ref = int64(next())
		} else {
			gap := int64(next())
			if err == nil && gap <= 0 {
				err = fmt.Errorf("chunk %d starts %d ms after the one before ends", i, gap)
			}
			mint = maxt + gap
			maxt = mint + int64(next())
			ref += nextSigned()
		}
		s.chks = append(s.chks, chunks.Meta{MinTime: mint, MaxTime: maxt, Ref: chunks.ChunkRef(ref)})
	}
	if err == nil && len(b) != 0 {
		err = fmt.Errorf("%d bytes left over", len(b))
	}
	if err == nil && len(s.chks) == 0 {
		err = errors.New("no chunks")
	}
	s.lset = builder.Labels()
	return s, err
}

// walkPostings checks the postings lists and their offset table against what
// the series say, including order, contiguity and padding.
func (v *verifier) walkPostings(raw []byte, toc *index.TOC, tocPos uint64) {
	all := labels.Label{}
	want := map[labels.Label][]uint32{all: {}}
	for _, s := range v.series {
		want[all] = append(want[all], s.ref)
		s.lset.Range(func(l labels.Label) { want[l] = append(want[l], s.ref) })
	}
	_, end, err := section(raw, toc.PostingsTable)
	if err != nil {
		v.problemf("index: postings offset table: %v", err)
		return
	}
	if end != tocPos {
		v.problemf("index: postings offset table ends at %d, TOC starts at %d", end, tocPos)
	}
	next := (toc.Postings + 3) / 4 * 4
	if next > toc.PostingsTable || !allZero(raw[toc.Postings:next]) {
		v.problemf("index: bad padding before postings at %d", toc.Postings)
	}
	var last labels.Label
	entries := 0
	err = index.ReadPostingsOffsetTable(byteSlice(raw), toc.PostingsTable, func(name, val []byte, off uint64, _ int) error {
		l := labels.Label{Name: string(name), Value: string(val)}
		if entries == 0 && l != all {
			v.problemf("index: first postings entry is %v, want the empty one", l)
		}
		if entries > 0 && (l.Name < last.Name || l.Name == last.Name && l.Value <= last.Value) {
			v.problemf("index: postings entry %v is not above its predecessor %v", l, last)
		}
		last = l
		entries++
		if off != next {
			v.problemf("index: postings for %v are at %d, want %d", l, off, next)
		}
		body, end, err := section(raw, off)
		if err != nil {
			return fmt.Errorf("postings for %v: %w", l, err)
		}
		next = end
		var got []uint32
		for i := 4; i+4 <= len(body); i += 4 {
			got = append(got, binary.BigEndian.Uint32(body[i:]))
		}
		if len(body) < 4 || len(body)%4 != 0 || int(binary.BigEndian.Uint32(body)) != len(got) {
			return fmt.Errorf("postings for %v: malformed", l)
		}
		if !slices.Equal(got, want[l]) {
			v.problemf("index: postings for %v do not match the series", l)
		}
		delete(want, l)
		return nil
	})
	if err != nil {
		v.problemf("index: %v", err)
		return
	}
	if next != toc.PostingsTable && toc.LabelIndicesTable == toc.PostingsTable {
		v.problemf("index: postings end at %d, offset table starts at %d", next, toc.PostingsTable)
	}
	for l := range want {
		v.problemf("index: no postings for %v", l)
	}
}

// uvarint is binary.Uvarint, but n is 0 for an encoding that is not minimal.
func uvarint(b []byte) (x uint64, n int) {
	x, n = binary.Uvarint(b)
	if n > 1 && b[n-1] == 0 {
		return 0, 0
	}
	return x, n
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

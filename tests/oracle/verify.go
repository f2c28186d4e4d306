package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func cmdVerify(args []string) error {
	fs := newFlags("verify")
	strict := fs.Bool("strict", false, "also require what only a fresh BlockWriter block has: tight min/max time, no unused symbols, level 1, no tombstones")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return errors.New("need one directory")
	}
	dirs, err := blockDirs(fs.Arg(0))
	if err != nil {
		return err
	}
	bad := false
	for _, d := range dirs {
		v := &verifier{dir: d, strict: *strict}
		v.run()
		for _, n := range v.notes {
			fmt.Printf("%s: note: %s\n", d, n)
		}
		for _, p := range v.problems {
			fmt.Printf("%s: PROBLEM: %s\n", d, p)
		}
		if v.dropped > 0 {
			fmt.Printf("%s: PROBLEM: and %d more\n", d, v.dropped)
		}
		if len(v.problems) > 0 {
			bad = true
			continue
		}
		fmt.Printf("%s: ok: %d series, %d chunks, %d samples\n", d, v.stats.NumSeries, v.stats.NumChunks, v.stats.NumSamples)
	}
	if bad {
		return errProblems
	}
	return nil
}

// verifier collects the problems of one block. It reads the block twice: once
// by walking the raw bytes, so that every byte is accounted for, and once
// through Prometheus's own reader.
type verifier struct {
	dir      string
	strict   bool
	problems []string
	notes    []string
	dropped  int

	meta    tsdb.BlockMeta
	series  []rawSeries               // From the raw index walk, in file order.
	opened  bool                      // tsdb.OpenBlock succeeded.
	stats   tsdb.BlockStats           // Counted from index and chunks.
	chunkAt map[chunks.ChunkRef]int64 // End of each chunk record, from the segment walk.
}

type rawSeries struct {
	ref  uint32 // File offset / 16.
	lset labels.Labels
	chks []chunks.Meta
}

const maxProblems = 50

func (v *verifier) problemf(format string, a ...any) {
	if len(v.problems) == maxProblems {
		v.dropped++
		return
	}
	v.problems = append(v.problems, fmt.Sprintf(format, a...))
}

// oddf reports something that is a problem in strict mode and a note otherwise.
func (v *verifier) oddf(format string, a ...any) {
	if v.strict {
		v.problemf(format, a...)
		return
	}
	v.notes = append(v.notes, fmt.Sprintf(format, a...))
}

func (v *verifier) run() {
	m, err := readMeta(v.dir)
	if err != nil {
		v.problemf("meta.json: %v", err)
		return
	}
	v.meta = m
	v.checkDir()
	v.checkMeta()
	v.guard("tombstones", v.checkTombstones)
	raw, err := os.ReadFile(filepath.Join(v.dir, "index"))
	if err != nil {
		v.problemf("%v", err)
		return
	}
	v.guard("index", func() { v.walkIndex(raw) })
	v.guard("chunks", v.walkSegments)
	v.guard("reader", v.checkThroughReader)
	v.checkStats()
}

// guard turns a panic into a problem: some corrupt input makes Prometheus's own
// reader panic (for one, a tombstones file cut to 8 bytes).
func (v *verifier) guard(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			v.problemf("%s: reader panics: %v", what, r)
		}
	}()
	f()
}

// checkDir requires exactly the files that Prometheus writes.
func (v *verifier) checkDir() {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		v.problemf("%v", err)
		return
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{"chunks", "index", "meta.json", "tombstones"}
	if !slices.Equal(names, want) {
		v.oddf("directory holds %v, want %v", names, want)
	}
	if base := filepath.Base(v.dir); base != v.meta.ULID.String() {
		v.problemf("directory name %q is not the ULID in meta.json, %s", base, v.meta.ULID)
	}
}

func (v *verifier) checkMeta() {
	m := v.meta
	if m.Version != 1 {
		v.problemf("meta.json: version %d, want 1", m.Version)
	}
	if m.MinTime >= m.MaxTime {
		v.problemf("meta.json: minTime %d is not below maxTime %d", m.MinTime, m.MaxTime)
	}
	if m.Compaction.Level < 1 || len(m.Compaction.Sources) == 0 {
		v.problemf("meta.json: compaction level %d with %d sources", m.Compaction.Level, len(m.Compaction.Sources))
	}
	if m.Compaction.Level != 1 || len(m.Compaction.Sources) != 1 || m.Compaction.Sources[0] != m.ULID || len(m.Compaction.Parents) != 0 {
		v.oddf("meta.json: not the compaction section of a fresh block: %+v", m.Compaction)
	}
	if m.Compaction.Deletable || m.Compaction.Failed {
		v.problemf("meta.json: block is marked deletable=%t failed=%t", m.Compaction.Deletable, m.Compaction.Failed)
	}
}

func (v *verifier) checkTombstones() {
	if _, err := os.Stat(filepath.Join(v.dir, tombstones.TombstonesFilename)); err != nil {
		return // Missing is allowed by Prometheus; checkDir told.
	}
	r, _, err := tombstones.ReadTombstones(v.dir)
	if err != nil {
		v.problemf("tombstones: %v", err)
		return
	}
	if r.Total() != v.meta.Stats.NumTombstones {
		v.problemf("tombstones: %d, but meta.json says %d", r.Total(), v.meta.Stats.NumTombstones)
	}
	if r.Total() != 0 {
		v.oddf("block has %d tombstones", r.Total())
	}
}

func (v *verifier) checkStats() {
	if !v.opened {
		return // Nothing was counted, and the reason is reported.
	}
	want := v.stats
	want.NumTombstones = v.meta.Stats.NumTombstones // Checked by checkTombstones.
	if v.meta.Stats != want {
		v.problemf("meta.json: stats %+v, block holds %+v", v.meta.Stats, want)
	}
	sort.Strings(v.notes)
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// cmdSegments writes chunk segment files with chunks.Writer, whose limit on the
// size of a segment can be lowered here so that the rule for starting a new one
// shows with little data. Each line of stdin is a series: a JSON array with the
// sizes of its chunks in bytes. Each line of stdout is the array of their
// references. Byte i of the n-th chunk of the run (both from 0) is
// (7*n + i) mod 256.
func cmdSegments(args []string) (err error) {
	fs := newFlags("segments")
	out := fs.String("out", "", "directory to create the segment files in (required)")
	limit := fs.Int64("limit", chunks.DefaultChunkSegmentSize, "size limit of a segment in bytes")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 0 || *out == "" {
		return errors.New("need --out and nothing else")
	}
	w, err := chunks.NewWriter(*out, chunks.WithSegmentSize(*limit))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()

	enc := json.NewEncoder(os.Stdout)
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<30)
	written := 0
	for n := 1; sc.Scan(); n++ {
		var sizes []int
		if err := json.Unmarshal(sc.Bytes(), &sizes); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		metas := make([]chunks.Meta, len(sizes))
		for i, size := range sizes {
			raw := make([]byte, size)
			for j := range raw {
				raw[j] = byte(7*written + j)
			}
			written++
			if metas[i].Chunk, err = chunkenc.FromData(chunkenc.EncXOR, raw); err != nil {
				return err
			}
		}
		if err := w.WriteChunks(metas...); err != nil {
			return err
		}
		refs := make([]uint64, len(metas))
		for i, m := range metas {
			refs[i] = uint64(m.Ref)
		}
		if err := enc.Encode(refs); err != nil {
			return err
		}
	}
	return sc.Err()
}

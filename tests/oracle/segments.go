package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// segmentsCase is one line of the input of segments: the sizes in bytes of the
// chunks of each series, and the size limit of a segment.
type segmentsCase struct {
	Limit  int64   `json:"limit"`
	Series [][]int `json:"series"`
}

// cmdSegments writes chunk segment files with chunks.Writer, whose limit on the
// size of a segment can be lowered here so that the rule for starting a new one
// shows with little data. The n-th line of stdin is written to the directory n
// in --out (n from 1); its line on stdout has the references of all chunks.
// Byte i of the k-th chunk of a case (both from 0) is (7*k + i) mod 256.
func cmdSegments(args []string) error {
	fs := newFlags("segments")
	out := fs.String("out", "", "directory to create a directory of segment files in for each line (required)")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 0 || *out == "" {
		return errors.New("need --out and nothing else")
	}
	enc := json.NewEncoder(os.Stdout)
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<30)
	for n := 1; sc.Scan(); n++ {
		var c segmentsCase
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		refs, err := writeSegments(filepath.Join(*out, strconv.Itoa(n)), c)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := enc.Encode(refs); err != nil {
			return err
		}
	}
	return sc.Err()
}

func writeSegments(dir string, c segmentsCase) (refs []uint64, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	w, err := chunks.NewWriter(dir, chunks.WithSegmentSize(c.Limit))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	made := 0
	for _, sizes := range c.Series {
		metas := make([]chunks.Meta, len(sizes))
		for i, size := range sizes {
			raw := make([]byte, size)
			for j := range raw {
				raw[j] = byte(7*made + j)
			}
			made++
			if metas[i].Chunk, err = chunkenc.FromData(chunkenc.EncXOR, raw); err != nil {
				return nil, err
			}
		}
		if err := w.WriteChunks(metas...); err != nil {
			return nil, err
		}
		for _, m := range metas {
			refs = append(refs, uint64(m.Ref))
		}
	}
	return refs, nil
}

// Command blockoracle is a test oracle for programs that write Prometheus TSDB
// blocks by other means. It does every job with Prometheus's own code
// (github.com/prometheus/prometheus v0.314.0 == Prometheus 3.14.0):
//
//	write        JSON-lines samples on stdin -> blocks (tsdb.BlockWriter)
//	remote-write JSON-lines samples on stdin -> a running server
//	openmetrics  OpenMetrics text on stdin -> the blocks promtool would write
//	dump         block(s) -> JSON lines: block, series, chunks, samples
//	verify       block(s) -> list of problems; exit 1 if there is any
//	cmp          two blocks -> byte-for-byte comparison; exit 1 if they differ
//	segments     sizes of chunks on stdin -> segment files (chunks.Writer) and references
//	relabel      rules and label sets on stdin -> label sets (model/relabel)
//	version      the version of Prometheus it is built on
//
// Exit codes: 0 success, 1 verify or cmp found a problem, 2 any other error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"

	"github.com/oklog/ulid/v2"
)

const usage = `usage:
  blockoracle write --out DIR [--block-duration 2h] [--encoding xor|xor2]
                    [--range-factor 2] [--order time|input] [--batch 5000]
                    [--histogram-st] [--one-block]      < samples.jsonl
  blockoracle remote-write --url URL [--batch 2000]     < samples.jsonl
  blockoracle openmetrics --out DIR [--block-duration 2h]
                    [--label name=value ...]            < input.om
  blockoracle dump [--samples=true] [--as-input] DIR    (a block or a data dir)
  blockoracle verify [--strict] DIR                     (a block or a data dir)
  blockoracle cmp BLOCK_A BLOCK_B
  blockoracle segments --out DIR                        < sizes.jsonl
  blockoracle relabel                                   < cases.jsonl
  blockoracle version
`

// errProblems marks a run that worked but found the data to be bad (exit 1).
var errProblems = errors.New("problems found")

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	var run func([]string) error
	switch os.Args[1] {
	case "write":
		run = cmdWrite
	case "remote-write":
		run = cmdRemoteWrite
	case "openmetrics":
		run = cmdOpenMetrics
	case "dump":
		run = cmdDump
	case "verify":
		run = cmdVerify
	case "cmp":
		run = cmdCmp
	case "segments":
		run = cmdSegments
	case "relabel":
		run = cmdRelabel
	case "version":
		run = cmdVersion
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	switch err := run(os.Args[2:]); {
	case err == nil:
	case errors.Is(err, errProblems):
		os.Exit(1)
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "blockoracle %s: %v\n", os.Args[1], err)
		os.Exit(2)
	}
}

// cmdVersion prints the Prometheus module that does the work.
func cmdVersion([]string) error {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("built without module information")
	}
	for _, m := range build.Deps {
		if m.Path == "github.com/prometheus/prometheus" {
			fmt.Println(m.Path, m.Version)
			return nil
		}
	}
	return errors.New("built without Prometheus")
}

// newFlags returns a flag set that reports errors instead of exiting, with the
// common usage text.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		fs.PrintDefaults()
	}
	return fs
}

// blockDirs returns dir itself when it is a block, or else the block
// directories inside it (names that are strict ULIDs), sorted by name.
func blockDirs(dir string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(dir, "meta.json")); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err == nil && e.IsDir() {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is not a block and holds no blocks", dir)
	}
	sort.Strings(out)
	return out, nil
}

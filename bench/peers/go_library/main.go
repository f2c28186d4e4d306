// The Go library go-prometheus-backfiller on the benchmark's Parquet files, in the way of its own example and with the
// settings of its README, but for two. Tables have a thousand rows, its own threshold: each goes through an unbalanced
// tree, for which whole row groups are the worst case. And tables are taken one at a time: several at once reach the
// appender out of order, which then drops samples (three of four, of the benchmark's).
//
//	go_library OUT FILE...
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	backfill "github.com/aleskandro/go-prometheus-backfiller"
	"github.com/xitongsys/parquet-go-source/local"
	"github.com/xitongsys/parquet-go/reader"
)

const (
	startSeconds       = 1583020800
	blockDurationMs    = int64(15 * 24 * time.Hour / time.Millisecond)
	samplesPerAppender = int64(100e6)
	treeRows           = int64(1e3)
	tablesInFlight     = 128
	tablesAtOnce       = int64(1)
)

// Usage is a row of the shape "usage".
type Usage struct {
	ID        string  `parquet:"name=id, type=BYTE_ARRAY, convertedtype=UTF8, repetitiontype=OPTIONAL"`
	Aid       int64   `parquet:"name=aid, type=INT64, repetitiontype=OPTIONAL"`
	Timestamp int64   `parquet:"name=timestamp, type=INT64, repetitiontype=OPTIONAL"`
	CPU       float64 `parquet:"name=cpu, type=DOUBLE, repetitiontype=OPTIONAL" prometheus:"metric_type:gauge,metric_name:cpu"`
	Mem       int64   `parquet:"name=mem, type=INT64, repetitiontype=OPTIONAL" prometheus:"metric_type:gauge,metric_name:mem"`
	NetIn     float64 `parquet:"name=net_in, type=DOUBLE, repetitiontype=OPTIONAL" prometheus:"metric_type:gauge,metric_name:net_in"`
	NetOut    float64 `parquet:"name=net_out, type=DOUBLE, repetitiontype=OPTIONAL" prometheus:"metric_type:gauge,metric_name:net_out"`
	Disk      float64 `parquet:"name=disk, type=DOUBLE, repetitiontype=OPTIONAL" prometheus:"metric_type:gauge,metric_name:disk"`
}

// GetAdditionalLabels is how the library learns the labels of a row.
func (u Usage) GetAdditionalLabels() map[string]string {
	return map[string]string{"id": u.ID, "aid": strconv.FormatInt(u.Aid, 10)}
}

func rowsOf(path string) (int64, error) {
	file, err := local.NewLocalFileReader(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	rows, err := reader.NewParquetReader(file, new(Usage), 1)
	if err != nil {
		return 0, err
	}
	defer rows.ReadStop()
	return rows.GetNumRows(), nil
}

func sendTables(path string, tables chan interface{}) error {
	file, err := local.NewLocalFileReader(path)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := reader.NewParquetReader(file, new(Usage), 1)
	if err != nil {
		return err
	}
	defer rows.ReadStop()
	for left := rows.GetNumRows(); left > 0; {
		table := make([]*Usage, min(left, treeRows))
		if err := rows.Read(&table); err != nil {
			return err
		}
		for _, row := range table {
			row.Timestamp += startSeconds
		}
		left -= int64(len(table))
		tables <- table
	}
	return nil
}

func run(out string, paths []string) error {
	expected := int64(0)
	for _, path := range paths {
		rows, err := rowsOf(path)
		if err != nil {
			return err
		}
		expected += (rows + treeRows - 1) / treeRows
	}
	tables := make(chan interface{}, tablesInFlight)
	job := backfill.NewPrometheusBackfillHandler(blockDurationMs, samplesPerAppender, treeRows, tablesAtOnce, tables,
		expected, out)
	failed := make(chan error, 1)
	go func() {
		defer close(tables)
		defer close(failed)
		for _, path := range paths {
			if err := sendTables(path, tables); err != nil {
				failed <- err
				return
			}
		}
	}()
	job.RunJob()
	return <-failed
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: go_library OUT FILE...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "go_library:", err)
		os.Exit(1)
	}
}

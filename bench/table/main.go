// Command table reads the output of "go test -bench" for package bench and prints
// one table: the median of each figure over all runs, each beside its floor, and
// their ratio.
//
//	for i in 1 2 3 4 5; do go test ./bench -run '^$' -bench .; done | go run ./bench/table
//
// Runs one after the other, rather than -count 5, let floor and figure alternate, so
// that what else the machine does falls on both.
//
// The ratio says which part of the floor's speed is reached: throughput against
// throughput where it is measured, else the floor's time against the figure's time.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	results, err := read(in)
	if err != nil {
		return err
	}
	return write(out, results)
}

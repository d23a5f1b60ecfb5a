//go:build race

package eval_test

// With the race detector on, a tenth of the cases takes as long.
const defaultAgree = 20_000

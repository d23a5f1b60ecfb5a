//go:build !race

package eval_test

const defaultAgree = 200_000

package store

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/trail"
)

// What is packed together is unpacked as it was, and joined it is each term's times, each
// once, in pieces of a second.
func TestPieces(t *testing.T) {
	want := map[trail.Term][]int64{}
	var pieces []piece
	for range 50 { // writes
		times := map[trail.Term][]int64{}
		for range 100 {
			term := trail.Term(rand.Uint64N(20)) << (40 * rand.Uint64N(2))
			at := rand.Int64N(4)*1e9 + rand.Int64N(1000)
			times[term], want[term] = append(times[term], at), append(want[term], at)
		}
		var written []piece
		for _, term := range slices.Sorted(maps.Keys(times)) {
			slices.Sort(times[term])
			written = inPieces(written, term, slices.Compact(times[term]))
		}
		var wanted, read []piece
		for _, p := range written {
			if p.term%2 == 0 {
				wanted = append(wanted, p)
			}
		}
		together := packPieces(written)
		read, err := unpackPieces(nil, together, func(term trail.Term) bool { return term%2 == 0 })
		if diff := cmp.Diff(wanted, read, cmp.AllowUnexported(piece{})); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		pieces = append(pieces, written...)
	}
	pieces, err := joined(pieces)
	if err != nil {
		t.Fatal(err)
	}
	got, seconds := map[trail.Term][]int64{}, map[[2]int64]bool{}
	for _, p := range pieces {
		if got[p.term], err = unpack(got[p.term], p.last, p.times); err != nil {
			t.Fatal(err)
		}
		at := [2]int64{int64(p.term), second(p.last)}
		if seconds[at] {
			t.Errorf("two pieces of %v", at)
		}
		seconds[at] = true
	}
	for term := range want {
		slices.Sort(want[term])
		want[term] = slices.Compact(want[term])
		slices.Sort(got[term])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Unpacking never panics. What it can read, and was packed so, is packed to the same again.
func FuzzPieces(f *testing.F) {
	f.Add(content(packPieces([]piece{packed(7, []int64{1, 2, 5}), packed(1<<47, []int64{1 << 60})})))
	f.Fuzz(func(t *testing.T, b []byte) {
		pieces, err := unpackPieces(nil, summed(slices.Clip(bytes.Clone(b))), func(trail.Term) bool { return true })
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		again, err := unpackPieces(nil, packPieces(pieces), func(trail.Term) bool { return true })
		if diff := cmp.Diff(pieces, again, cmp.AllowUnexported(piece{})); diff != "" || err != nil {
			t.Error(diff, err)
		}
		joined(pieces)
	})
}

func content(together []byte) []byte {
	b, err := unsummed(together)
	if err != nil {
		panic(err)
	}
	return b
}

func TestDamagedPieces(t *testing.T) {
	together := packPieces([]piece{packed(7, []int64{1, 2, 5})})
	for i := range together {
		damaged := bytes.Clone(together)
		damaged[i] ^= 1
		if _, err := unpackPieces(nil, damaged, func(trail.Term) bool { return true }); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

package cost_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/bench/cost"
)

var kept atomic.Pointer[[]byte]

// Every request is asked, and allocations are counted.
func TestOf(t *testing.T) {
	var asked [3]atomic.Int64
	d := cost.Of(func(i int) bool {
		asked[i].Add(1)
		b := make([]byte, 100) // one allocation for the bytes, and one for b
		kept.Store(&b)
		return true
	}, len(asked), 2, 50*time.Millisecond)
	for i := range asked {
		if asked[i].Load() == 0 {
			t.Errorf("request %d was not asked", i)
		}
	}
	if d.Number == 0 || d.CPU <= 0 || d.Wall <= 0 || d.Allocs < 2 || d.Allocs > 3 {
		t.Errorf("%+v, want two allocations", d)
	}
}

func TestLoad(t *testing.T) {
	made, _, bytes, err := cost.Load(func() ([]byte, error) { return make([]byte, 1<<20), nil })
	// What else lies in the heap may go meanwhile.
	const most = 64 << 10
	if err != nil || bytes < 1<<20-most || bytes > 1<<20+most {
		t.Errorf("%d bytes, %v; want 1 MiB", bytes, err)
	}
	clear(made)
}

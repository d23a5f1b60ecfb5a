package cache_test

import (
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/cache"
)

// What is got is what was put last; what was put is there, unless as many others came after it
// as a generation has.
func TestMapIsLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 20).Draw(t, "size")
		m, model, used := cache.New[int, int](size), map[int]int{}, map[int]int{}
		steps := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 200).Draw(t, "keys")
		for now, k := range steps {
			if v, ok := m.Get(k); ok {
				if v != model[k] {
					t.Fatalf("got %d of %d, not %d", v, k, model[k])
				}
			} else if last, ever := used[k]; ever && now-last < max(1, size/2) {
				t.Fatalf("%d is forgotten after %d others", k, now-last)
			}
			if rapid.Bool().Draw(t, "put") {
				m.Put(k, now)
				model[k] = now
				used[k] = now
			} else if _, ok := used[k]; ok {
				if _, ok := m.Get(k); ok {
					used[k] = now
				} else {
					delete(used, k)
				}
			}
			if m.Len() > max(size, 2) {
				t.Fatalf("%d of %d values", m.Len(), size)
			}
		}
	})
}

func TestMapKeepsWhatIsUsed(t *testing.T) {
	m := cache.New[string, int](10)
	m.Put("often", 1)
	for i := range 100 {
		m.Put(fmt.Sprint(i), i)
		if _, ok := m.Get("often"); !ok {
			t.Fatalf("after %d others the value in use is forgotten", i)
		}
	}
}

// TestMapIsShared reads and writes by many goroutines: each value belongs to its key, and the
// bound holds. The race detector looks on.
func TestMapIsShared(t *testing.T) {
	m := cache.New[int, int](8)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 2000 {
				k := i % (worker + 7)
				if v, ok := m.Get(k); ok && v%100 != k {
					t.Errorf("%d is of another key than %d", v, k)
				}
				m.Put(k, 100*i+k)
				if n := m.Len(); n > 8 {
					t.Errorf("%d values", n)
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkGet(b *testing.B) {
	const n = 1000
	m, keys := cache.New[string, *int](4*n), [n]string{}
	for i := range keys {
		keys[i] = fmt.Sprintf("AIDA%016d", i)
		m.Put(keys[i], new(int))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, ok := m.Get(keys[i%n]); !ok {
				b.Error("not there")
				return
			}
		}
	})
}

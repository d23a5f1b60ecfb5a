// Package cost measures what something costs the process: processor time rather than
// time on the wall, so that what else the machine does matters little, and memory
// that stays rather than what was allocated meanwhile.
//
// Processor time is that of the whole process, with the garbage collection that the
// measured code causes. Where the system does not tell it, it is time on the wall.
package cost

import (
	"runtime"
	"sync"
	"time"
)

// Decisions are what a run of decisions cost, each on average.
type Decisions struct {
	Number int
	CPU    float64 // nanoseconds
	Wall   float64 // nanoseconds from one to the next, of all goroutines together
	Allocs float64
}

// Of lets goroutines decide requests in turn, each starting elsewhere, for about the
// time given.
func Of(decide func(int) bool, requests, goroutines int, about time.Duration) Decisions {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(goroutines))
	runtime.GC()
	for each := 1; ; {
		d, took := run(decide, requests, goroutines, each)
		if took >= about/2 {
			return d
		}
		// The next run is at most ten times as long: the first ones are cold.
		each = int(float64(each)*min(10, max(1.5, 1.1*float64(about)/float64(max(took, 1))))*1.01) + 1
	}
}

func run(decide func(int) bool, requests, goroutines, each int) (Decisions, time.Duration) {
	var before, after runtime.MemStats
	var wg sync.WaitGroup
	runtime.ReadMemStats(&before)
	start, used := time.Now(), CPU()
	for g := range goroutines {
		wg.Go(func() {
			i, yes := g*requests/goroutines, 0
			for range each {
				if decide(i) {
					yes++
				}
				if i++; i == requests {
					i = 0
				}
			}
			runtime.KeepAlive(yes)
		})
	}
	wg.Wait()
	used, took := CPU()-used, time.Since(start)
	runtime.ReadMemStats(&after)
	n := float64(each * goroutines)
	return Decisions{
		Number: each * goroutines, CPU: float64(used) / n, Wall: float64(took) / n,
		Allocs: float64(after.Mallocs-before.Mallocs) / n,
	}, took
}

// Heap is how many bytes are reachable.
func Heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Load is what it costs to make something that stays: processor time, and bytes.
func Load[T any](load func() (T, error)) (made T, took time.Duration, bytes int64, err error) {
	heap, used := Heap(), CPU()
	made, err = load()
	took = CPU() - used
	return made, took, Heap() - heap, err
}

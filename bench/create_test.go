package bench_test

import (
	"fmt"
	"testing"
)

// BenchmarkCreateUser is a signed call that changes something, answered when the
// change and its audit event are on disk.
func BenchmarkCreateUser(b *testing.B) {
	const connections = 64
	f := start(b)
	made := 0
	create := func() []byte {
		made++
		form := fmt.Sprintf("Action=CreateUser&Version=2010-05-08&UserName=made-%08d", made)
		return signed(b, f.url, "iam", f.keys[made%users], form)
	}
	header, body := answerTo(b, f.url, create())
	record := make([]byte, recordBytes)
	log := startAppender(b)
	floor := startFloor(b, header, body, func() error { return log.append(record) })
	b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
		b.Run("floor", func(b *testing.B) {
			request := create()
			load(b, floor, connections, func(int) []byte { return request })
		})
		b.Run("keyreeve", func(b *testing.B) {
			requests := make([][]byte, b.N)
			for n := range requests {
				requests[n] = create()
			}
			before := f.host.Store.Stats()
			load(b, f.url, connections, func(n int) []byte { return requests[n] })
			after := f.host.Store.Stats()
			b.ReportMetric(float64(after.Commits-before.Commits)/float64(max(1, after.Batches-before.Batches)), "commits/sync")
		})
	})
}

// recordBytes is what the floor writes for a call: about as much as an audit event
// and a user take.
const recordBytes = 1000

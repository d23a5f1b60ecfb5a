package impact_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/impact"
)

// BenchmarkReplay decides recorded calls of 1,000 users again, by the present state and
// by one in which a policy that all of them have is another.
func BenchmarkReplay(b *testing.B) {
	r := newRealm(b, 1000)
	var calls [][]byte
	for i := range 1000 {
		who := r.user(fmt.Sprint("u", i))
		calls = append(calls, r.called(who, "s3:GetObject", fmt.Sprint("arn:aws:s3:::photos/", i, ".jpg")), r.called(who, "s3:PutObject", photo))
	}
	p, err := impact.New(r.source, impact.Change{Type: impact.Put, For: shared, Document: doc("Allow", "s3:GetObject", "arn:aws:s3:::photos/1*")}, r.env())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Add("e", noon.Add(time.Duration(i)), calls[i%len(calls)])
	}
	if report, err := p.Report(); err != nil || report.Refused == 0 && b.N > 1000 {
		b.Fatal(err, report.Refused)
	}
}

package catalog

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestReleases(t *testing.T) {
	ids := Releases()
	if len(ids) == 0 || Default().ID() != ids[len(ids)-1] {
		t.Errorf("Default is %s, releases are %v", Default().ID(), ids)
	}
	for _, id := range ids {
		r, err := Open(id)
		if err != nil || r.ID() != id || r.Date().Format("2006-01-02") != id {
			t.Errorf("Open(%s) = %v of %v, %v", id, r.ID(), r.Date(), err)
		}
		if again, _ := Open(id); again != r {
			t.Errorf("release %s is decoded twice", id)
		}
	}
	for _, id := range []string{"", "..", "2026-09-26/..", "1999-12-31"} {
		if r, err := Open(id); err == nil {
			t.Errorf("Open(%q) = %v, want an error", id, r.ID())
		}
	}
}

// TestReleaseIsWhole holds each release to the digests it was made with: decisions
// rest on it.
func TestReleaseIsWhole(t *testing.T) {
	for _, id := range Releases() {
		r, _ := Open(id)
		files, err := releases.ReadDir("data/" + id)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Name() == "release.tsv" {
				continue
			}
			want := r.facts["sha256 "+f.Name()]
			if got := fmt.Sprintf("%x", sha256.Sum256([]byte(r.read(f.Name())))); got != want {
				t.Errorf("release %s: %s has digest %s, was made with %q", id, f.Name(), got, want)
			}
		}
	}
}

// TestFirstUseByMany has many goroutines ask at once for what is decoded on demand;
// the race detector watches.
func TestFirstUseByMany(t *testing.T) {
	r := load(Default().ID())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, ok := r.Action("S3:GETOBJECT"); !ok {
				t.Error("no s3:GetObject")
			}
			if _, ok := r.Key("s3:ExistingObjectTag/team"); !ok {
				t.Error("no s3:ExistingObjectTag")
			}
			if _, ok := r.ServiceLinkedRole("ecs.amazonaws.com"); !ok {
				t.Error("no role for ecs")
			}
			if !r.ValidRegion("aws-cn", "cn-north-1") {
				t.Error("no region cn-north-1")
			}
			n := 0
			for p := range r.Policies() {
				if n++; n%16 == i && !strings.HasPrefix(p.Document(), "{") {
					t.Errorf("%s: document %.10q", p.Name, p.Document())
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkOpen(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(Releases()[0])
	}
}

func BenchmarkFirstPolicy(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p, _ := load(Releases()[0]).Policy("arn:aws:iam::aws:policy/ReadOnlyAccess")
		p.Document()
	}
}

func BenchmarkFirstAction(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(Releases()[0]).Action("iam:CreateUser")
	}
}

func BenchmarkFirstKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(Releases()[0]).Key("aws:SourceIp")
	}
}

func BenchmarkPolicy(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Default().Policy("arn:aws:iam::aws:policy/ReadOnlyAccess")
	}
}

func BenchmarkAction(b *testing.B) {
	r := Default()
	b.ReportAllocs()
	for b.Loop() {
		r.Action("iam:CreateUser")
	}
}

func BenchmarkKeyWithHole(b *testing.B) {
	r := Default()
	b.ReportAllocs()
	for b.Loop() {
		r.Key("aws:PrincipalTag/team")
	}
}

func BenchmarkWholeReference(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		for range load(Releases()[0]).Services() {
		}
	}
}

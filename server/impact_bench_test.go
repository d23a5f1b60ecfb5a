//go:build unix

package server_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/authz/asked"
	"github.com/keyreeve/keyreeve/deployment"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/impact"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

// BenchmarkImpact is `keyreeve impact` without the command: recorded calls of 1,000 users
// over 30 days are read from disk and decided again, by the present state and by one in
// which a policy that all of them have is narrower. KEYREEVE_IMPACT is how many calls.
func BenchmarkImpact(b *testing.B) {
	n := 10_000
	if text := os.Getenv("KEYREEVE_IMPACT"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	h, err := server.OpenHost(b.Context(), server.HostConfig{Dir: b.TempDir(), AccountID: "111122223333", Partition: "aws", Version: "test"})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	begin := time.Now().UTC().AddDate(0, 0, -30).Truncate(24 * time.Hour)
	shared, calls := manyUsers(b, h, 1000)
	size := 0
	for i := range n {
		data := calls[i%len(calls)]
		size += len(data)
		h.Store.Record(store.Event{
			ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Time: begin.Add(time.Duration(i) * (30 * 24 * time.Hour / time.Duration(n))),
			Account: "111122223333", Record: make([]byte, 1000), Asked: data,
		})
		if i%8000 == 0 || i == n-1 { // what is asked for is written first, so that none waits too long
			if err := h.Asked(b.Context(), begin, begin, func(string, time.Time, []byte) bool { return true }); err != nil {
				b.Fatal(err)
			}
		}
	}
	env := impact.Env{Site: h.Site, Now: time.Now(), Random: rand.NewChaCha8([32]byte{}), Quotas: func(account, name string) int {
		return deployment.In(h.Store.View()).QuotaOf(account, name)
	}}
	source := func(id state.AggregateID) (*state.Snapshot, error) { return h.Store.View().Snapshot(id), nil }
	narrow := impact.Change{Type: impact.Put, For: shared, Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/1*"}}`}
	seen, cpu := 0, cpuTime()
	for b.Loop() {
		r, err := impact.New(source, narrow, env)
		if err != nil {
			b.Fatal(err)
		}
		err = r.All(func(each func(string, time.Time, []byte) bool) error {
			return h.Asked(b.Context(), begin, begin.AddDate(0, 0, 31), each)
		})
		report, reportErr := r.Report()
		if err != nil || reportErr != nil || report.Calls != n || report.Refused == 0 || report.Otherwise != 0 {
			b.Fatal(err, reportErr, report.Calls, report.Refused, report.Otherwise)
		}
		seen += report.Calls
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/call")
	b.ReportMetric(float64((cpuTime()-cpu).Nanoseconds())/float64(seen), "cpu-ns/call")
	b.ReportMetric(float64(size)/float64(n), "bytes/call")
}

// cpuTime is what the process has taken of all processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// manyUsers makes users with one policy, and gives its ARN and what each of them has asked.
func manyUsers(b *testing.B, h *server.Host, n int) (shared string, calls [][]byte) {
	random := rand.NewChaCha8([32]byte{1})
	err := h.Store.Update(b.Context(), []state.AggregateID{state.Account("111122223333")}, func(d *state.Draft) (*store.Event, error) {
		e := identity.Edit(d, h.Site, "111122223333", identity.Env{Now: time.Now(), Random: random, Quotas: deployment.In(d).Quota})
		p, err := e.CreatePolicy(identity.NewPolicy{Name: "shared", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::photos/*"}}`})
		if err != nil {
			return nil, err
		}
		shared = p.ARN
		for i := range n {
			u, err := e.CreateUser(identity.NewUser{Name: fmt.Sprint("u", i)})
			if err != nil {
				return nil, err
			}
			if err := e.Attach("user", u.Name, p.ARN); err != nil {
				return nil, err
			}
			calls = append(calls, askedBy(e.Account, u, "s3:GetObject", i, true), askedBy(e.Account, u, "s3:PutObject", i, false))
		}
		return nil, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return shared, calls
}

func askedBy(a identity.Account, u *identity.User, action string, i int, allowed bool) []byte {
	c := asked.Call{
		Caller: authn.Caller{
			Kind: authn.User, Account: a.ID, ARN: a.UserARN(u), UserID: u.ID, Name: u.Name, UniqueID: u.ID,
			Origin: authn.Origin{SourceIP: "192.0.2.7", SecureTransport: true, UserAgent: "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0", Region: "eu-central-1"},
		},
		Targets: []authz.Target{{Action: action, Resource: fmt.Sprint("arn:aws:s3:::photos/", i, ".jpg"), Account: a.ID, Keys: []authz.Key{authz.Value("s3:prefix", "photos")}}},
		Allowed: allowed,
	}
	return c.Append(nil)
}

package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail"
)

// BenchmarkLookup is a page of 50 events out of KEYREEVE_EVENTS (100,000), spread over
// thirty days and four accounts, of which one has seven tenths: by each key, for values
// that many events have and for some that few have, in all thirty days and in one hour.
//
// The folder is made anew, unless KEYREEVE_EVENTS_DIR names one to make or to use.
func BenchmarkLookup(b *testing.B) {
	n := 100_000
	if text := os.Getenv("KEYREEVE_EVENTS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	dir := os.Getenv("KEYREEVE_EVENTS_DIR")
	if dir == "" {
		dir = filepath.Join(b.TempDir(), "data")
	}
	o := options(dir)
	o.EventInterval, o.EventWait = 0, time.Hour
	_, err := os.Stat(dir)
	s, openErr := store.Open(b.Context(), o)
	if openErr != nil {
		b.Fatal(openErr)
	}
	defer s.Close()
	if os.IsNotExist(err) {
		start := time.Now()
		fillEvents(b, s, n)
		b.Logf("%d events written in %s, %.0f bytes each on disk", n, time.Since(start).Round(time.Millisecond), float64(sizeOf(b, filepath.Join(dir, "events")))/float64(n))
	}
	month := thirtyDays
	middle, _, err := s.Lookup(b.Context(), store.Lookup{Accounts: []string{alpha.Name()}, From: noon.Add(month / 2), To: noon.Add(month), OldestFirst: true, Limit: 1})
	if err != nil || len(middle) == 0 {
		b.Fatal(err)
	}
	for _, q := range []struct {
		name  string
		key   trail.LookupKey
		value string
	}{
		{"none", 0, ""}, {"EventId", trail.EventID, middle[0].ID},
		{"EventName=often", trail.EventName, "GetUser"}, {"EventName=seldom", trail.EventName, "DeleteAccountAlias"}, {"EventName=never", trail.EventName, "CreateUnicorn"},
		{"ReadOnly=false", trail.ReadOnly, "false"}, {"Username", trail.Username, "user-7"}, {"ResourceType", trail.ResourceType, "AWS::IAM::Role"},
		{"ResourceName", trail.ResourceName, "role-77"}, {"EventSource", trail.EventSource, "sts.amazonaws.com"}, {"AccessKeyId", trail.AccessKeyID, "AKIA0000000000000123"},
	} {
		for span, from := range map[string]time.Time{"month": noon, "hour": noon.Add(month / 2)} {
			to := from.Add(month)
			if span == "hour" {
				to = from.Add(time.Hour)
			}
			b.Run(q.name+"/"+span, func(b *testing.B) {
				found := 0
				for b.Loop() {
					page, _, err := s.Lookup(b.Context(), store.Lookup{Accounts: []string{alpha.Name()}, From: from, To: to, Key: q.key, Value: q.value, Limit: 50})
					if err != nil {
						b.Fatal(err)
					}
					found = len(page)
				}
				b.ReportMetric(float64(found), "events")
			})
		}
	}
}

const thirtyDays = 30 * 24 * time.Hour

func fillEvents(b *testing.B, s *store.Store, n int) {
	b.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	accounts := []string{beta.Name(), "777777777777", "888888888888"}
	names := []string{"GetUser", "GetUser", "ListUsers", "AssumeRole", "GetCallerIdentity", "CreateUser", "PutRolePolicy"}
	for i := range n {
		at := noon.Add(time.Duration(i) * (thirtyDays / time.Duration(n)))
		account := alpha.Name()
		if random.IntN(10) >= 7 {
			account = accounts[random.IntN(len(accounts))]
		}
		user, name, source := random.IntN(1000), names[random.IntN(len(names))], "iam.amazonaws.com"
		if name == "AssumeRole" || name == "GetCallerIdentity" {
			source = "sts.amazonaws.com"
		}
		if random.IntN(100_000) == 0 {
			name = "DeleteAccountAlias"
		}
		id := timed(at, i)
		e := trail.Event{
			UserIdentity: trail.User(account, "AIDAEXAMPLEEXAMPLEEX", "arn:aws:iam::"+account+":user/user-"+strconv.Itoa(user), "user-"+strconv.Itoa(user), fmt.Sprintf("AKIA%016d", user), nil),
			EventTime:    at, EventID: id, RequestID: id, EventSource: source, EventName: name, AWSRegion: "us-east-1", SourceIPAddress: "192.0.2.17",
			UserAgent: "aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64.debian.12 prompt/off command/iam.get-user", RecipientAccountID: account,
			ReadOnly: name[0] == 'G' || name[0] == 'L', RequestParameters: trail.Map{"userName": "user-" + strconv.Itoa(user)},
		}
		if name == "AssumeRole" || name == "PutRolePolicy" {
			e.RequestParameters = trail.Map{"roleName": "role-" + strconv.Itoa(random.IntN(500)), "roleSessionName": "x"}
		}
		record, terms, err := e.Index(nil)
		if err != nil {
			b.Fatal(err)
		}
		s.Record(store.Event{ID: id, Time: at, Account: account, Record: record, Terms: terms})
	}
	if err := s.Events(b.Context(), noon, noon, func(store.Event) bool { return false }); err != nil { // writes
		b.Fatal(err)
	}
}

func sizeOf(b *testing.B, dir string) (size int64) {
	b.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

package e2e_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

// TestKillTrail kills the server in the middle of the work of 32 writers while a trail
// is delivered every second. In the end each event of the trail's account that was
// recorded is delivered once, and the delivered files are valid.
func TestKillTrail(t *testing.T) {
	data, logs := filepath.Join(t.TempDir(), "data"), t.TempDir()
	flags := []string{"--trail-folder", "our-logs=" + logs, "--trail-interval", "1s", "--trail-digest-interval", "1s"}
	p := loaded(t, data, flags...)
	client := trailClient(t, p)
	ctx := context.Background()
	_, err := client.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: aws.String("audit"), S3BucketName: aws.String("our-logs"), EnableLogFileValidation: aws.Bool(true)})
	check(t, err)
	_, err = client.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("audit")})
	check(t, err)
	h := newHistory()
	for round := range 3 {
		l := begin(t, p, h, round)
		for end := time.Now().Add(time.Duration(1000+rand.IntN(2000)) * time.Millisecond); time.Now().Before(end) && p.running(); {
			time.Sleep(time.Millisecond)
		}
		if !p.running() {
			t.Fatalf("the server ended by itself:\n%s", p.output)
		}
		p.end(syscall.SIGKILL)
		h = l.wait()
		p = loaded(t, data, flags...)
	}
	keys := filepath.Join(t.TempDir(), "keys.json")
	list, err := trailClient(t, p).ListPublicKeys(ctx, &cloudtrail.ListPublicKeysInput{})
	check(t, err)
	text, err := json.Marshal(list)
	check(t, err)
	check(t, os.WriteFile(keys, text, 0o600))

	recorded := recordedIDs(t, data)
	var delivered map[string]int
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		delivered = deliveredIDs(t, logs)
		missing := 0
		for id := range recorded {
			if delivered[id] == 0 {
				missing++
			}
		}
		if missing == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d events are not delivered", missing, len(recorded))
		}
	}
	for id, n := range delivered {
		if n > 1 {
			t.Errorf("%s is delivered %d times", id, n)
		}
	}
	time.Sleep(3 * time.Second) // for the last digest file
	check(t, p.end(syscall.SIGTERM))
	out, err := exec.Command(binary, "trail", "validate", logs, "--keys", keys).CombinedOutput()
	t.Logf("%d events recorded, %d delivered\n%s", len(recorded), len(delivered), out)
	if err != nil || !strings.Contains(string(out), " 0 findings") {
		t.Errorf("the delivered trail is not valid: %v", err)
	}
}

func trailClient(t *testing.T, p *process) *cloudtrail.Client {
	t.Helper()
	endpoint, id, secret := p.rootKey(t, killAccount)
	return cloudtrail.New(cloudtrail.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")})
}

// recordedIDs are the ids of the events that the trail has to deliver: from its start on.
func recordedIDs(t *testing.T, data string) map[string]bool {
	t.Helper()
	events := exec.Command(binary, "events", "--data", data, "--since", "1h", "--account", killAccount)
	events.Env = serverEnv()
	out, err := events.Output()
	check(t, err)
	ids, begun := map[string]bool{}, false
	for line := range strings.Lines(string(out)) {
		var r struct{ EventID, EventName, AWSRegion string }
		check(t, json.Unmarshal([]byte(line), &r))
		if begun && r.AWSRegion == "us-east-1" {
			ids[r.EventID] = true
		}
		begun = begun || r.EventName == "StartLogging"
	}
	if len(ids) < 100 {
		t.Fatalf("%d events were recorded", len(ids))
	}
	return ids
}

// deliveredIDs tells how often each event is in log files.
func deliveredIDs(t *testing.T, logs string) map[string]int {
	t.Helper()
	ids := map[string]int{}
	check(t, filepath.WalkDir(logs, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "/CloudTrail/") || !strings.HasSuffix(path, ".json.gz") {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		r, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		var log struct{ Records []struct{ EventID string } }
		if err := json.NewDecoder(r).Decode(&log); err != nil {
			return err
		}
		for _, e := range log.Records {
			ids[e.EventID]++
		}
		return nil
	}))
	return ids
}

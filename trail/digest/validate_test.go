package digest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// delivered is a bucket with a chain of three digest files, of which the first lists two
// log files, the second one, and the third none.
type delivered struct {
	bucket        fstest.MapFS
	keys          map[string]*rsa.PublicKey
	key           *rsa.PrivateKey
	logs, digests []string
}

var begin = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func deliver(t *testing.T) *delivered {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d := &delivered{bucket: fstest.MapFS{}, key: key, keys: map[string]*rsa.PublicKey{Fingerprint(&key.PublicKey): &key.PublicKey}}
	place := Place{Prefix: "trails", Account: "111122223333", Region: "us-east-1"}
	var last *Previous
	for hour, n := range []int{2, 1, 0} {
		start := begin.Add(time.Duration(hour) * time.Hour)
		f := &File{Account: place.Account, Start: start, End: start.Add(time.Hour), Bucket: "logs"}
		f.Key = place.DigestKey(f.End, "audit", "us-east-1")
		f.After(last)
		for i := range n {
			log := Records([][]byte{[]byte(`{"eventName":"CreateUser"}`), []byte(`{"eventName":"DeleteUser"}`)})
			name := place.LogKey(start, strings.Repeat(string(rune('a'+i)), 16))
			d.bucket[name] = &fstest.MapFile{Data: Compress(log)}
			f.Add("logs", name, Hash(log), start, start)
			d.logs = append(d.logs, name)
		}
		last = d.put(t, f)
	}
	return d
}

func (d *delivered) put(t *testing.T, f *File) *Previous {
	t.Helper()
	content, signature, err := f.Sign(d.key)
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := json.Marshal(map[string]string{Signature: signature})
	if err != nil {
		t.Fatal(err)
	}
	d.bucket[f.Key] = &fstest.MapFile{Data: Compress(content)}
	d.bucket[f.Key+MetadataSuffix] = &fstest.MapFile{Data: metadata}
	d.digests = append(d.digests, f.Key)
	return &Previous{f.Bucket, f.Key, Hash(content), signature}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, d *delivered)
		want string // what is found, in part; "" is nothing
	}{
		{"untouched", func(*testing.T, *delivered) {}, ""},
		{"a log file is changed", func(_ *testing.T, d *delivered) {
			d.bucket[d.logs[0]] = &fstest.MapFile{Data: Compress([]byte(`{"Records":[]}`))}
		}, "the log file was changed"},
		{"a log file is cut off", func(_ *testing.T, d *delivered) {
			d.bucket[d.logs[0]] = &fstest.MapFile{Data: d.bucket[d.logs[0]].Data[:30]}
		}, "the log file is damaged"},
		{"a log file is missing", func(_ *testing.T, d *delivered) { delete(d.bucket, d.logs[2]) }, "the log file is missing"},
		{"a log file is added", func(_ *testing.T, d *delivered) {
			d.bucket[strings.Replace(d.logs[0], "aaaa", "zzzz", 1)] = &fstest.MapFile{Data: Compress([]byte(`{"Records":[]}`))}
		}, "the log file was added"},
		{"a digest file is missing", func(_ *testing.T, d *delivered) { delete(d.bucket, d.digests[1]) }, "the digest file is missing"},
		{"a digest file is changed", func(_ *testing.T, d *delivered) {
			content, err := Uncompress(must(t, d.bucket, d.digests[2]))
			if err != nil {
				t.Fatal(err)
			}
			d.bucket[d.digests[2]] = &fstest.MapFile{Data: Compress([]byte(strings.Replace(string(content), `"logFiles":[]`, `"logFiles": []`, 1)))}
		}, "the digest file was changed: signature verification failed"},
		{"a digest file is moved", func(_ *testing.T, d *delivered) {
			moved := strings.Replace(d.digests[2], "150000Z", "155959Z", 1)
			for _, suffix := range []string{"", MetadataSuffix} {
				d.bucket[moved+suffix] = d.bucket[d.digests[2]+suffix]
				delete(d.bucket, d.digests[2]+suffix)
			}
		}, "the digest file was moved"},
		{"signed by another", func(_ *testing.T, d *delivered) { d.keys = nil }, "signed by a key that is not known"},
		{"without a signature", func(_ *testing.T, d *delivered) { delete(d.bucket, d.digests[0]+MetadataSuffix) }, "has no signature"},
		{"another before it", func(t *testing.T, d *delivered) {
			f := &File{Account: "111122223333", Start: begin, End: begin.Add(2 * time.Hour), Bucket: "logs", Key: d.digests[1]}
			d.put(t, f) // genuine, but the third comes after another one
		}, "is not the one that"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := deliver(t)
			c.do(t, d)
			r, err := Validate(d.bucket, d.keys)
			if err != nil {
				t.Fatal(err)
			}
			var found strings.Builder
			for _, f := range r.Findings {
				found.WriteString(f.String() + "\n")
			}
			if c.want == "" && (found.Len() > 0 || r.Digests != 3 || r.Logs != 3 || len(r.Pending) != 0 || !r.Until.Equal(begin.Add(3*time.Hour))) {
				t.Errorf("%+v", r)
			}
			if !strings.Contains(found.String(), c.want) {
				t.Errorf("found %q, want %q", found.String(), c.want)
			}
		})
	}
}

// A log file that was delivered after the last digest file is no finding yet.
func TestPending(t *testing.T) {
	d := deliver(t)
	late := Place{Prefix: "trails", Account: "111122223333", Region: "us-east-1"}.LogKey(begin.Add(3*time.Hour+time.Minute), strings.Repeat("p", 16))
	d.bucket[late] = &fstest.MapFile{Data: Compress(Records(nil))}
	r, err := Validate(d.bucket, d.keys)
	if err != nil || len(r.Findings) != 0 || len(r.Pending) != 1 || r.Pending[0] != late {
		t.Errorf("%+v, %v", r, err)
	}
}

func must(t *testing.T, bucket fstest.MapFS, key string) *strings.Reader {
	t.Helper()
	f, ok := bucket[key]
	if !ok {
		t.Fatalf("no file %s", key)
	}
	return strings.NewReader(string(f.Data))
}

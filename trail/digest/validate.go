package digest

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// MetadataSuffix is what the name of a file ends with that holds the metadata of a digest
// file where a folder is the bucket: a JSON object of texts.
const MetadataSuffix = ".metadata"

// Finding is something that is wrong with a delivered trail.
type Finding struct {
	Key     string
	Problem string
}

// String is the finding in a line.
func (f Finding) String() string { return f.Key + ": " + f.Problem }

// Report is what validation came to.
type Report struct {
	Digests, Logs int       // files that are as they were delivered
	Findings      []Finding // what is wrong, in order of keys
	// Pending are log files that are newer than the last digest file of their account and
	// region: nothing can be said of them yet.
	Pending []string
	// Until is the end of the oldest of the chains: up to then everything is validated.
	Until time.Time
}

// Validate finds out whether a bucket holds what was delivered to it: every digest file is
// signed by one of the keys, which are found by their fingerprints, and in one chain with
// the others; every log file that one lists is there, unchanged; no log file is there that
// none lists. That the newest digest files of a chain were taken away altogether
// cannot be seen: Until tells how far the chains go.
func Validate(bucket fs.FS, keys map[string]*rsa.PublicKey) (*Report, error) {
	v := &validation{bucket: bucket, keys: keys, listed: map[string]bool{}, links: map[string]*link{}, ends: map[string]time.Time{}}
	if err := fs.WalkDir(bucket, ".", v.file); err != nil {
		return nil, err
	}
	for _, key := range v.digests {
		v.digest(key)
	}
	v.chains()
	v.added()
	slices.SortFunc(v.Findings, func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
	return &v.Report, nil
}

type validation struct {
	Report
	bucket        fs.FS
	keys          map[string]*rsa.PublicKey
	digests, logs []string
	links         map[string]*link // of the digest files that are there, by key
	listed        map[string]bool  // log files that a digest file lists
	ends          map[string]time.Time
}

// link is a digest file in its chain.
type link struct {
	*File
	hash, signature string
	followed        bool // another one names it
}

func (v *validation) wrong(key, format string, args ...any) {
	v.Findings = append(v.Findings, Finding{key, fmt.Sprintf(format, args...)})
}

// file sorts a file of the bucket.
func (v *validation) file(path string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case d.IsDir() || !strings.HasSuffix(path, suffix):
	case strings.Contains(path, "/"+Digests+"/"):
		v.digests = append(v.digests, path)
	case strings.Contains(path, "/"+Logs+"/"):
		v.logs = append(v.logs, path)
	}
	return nil
}

// content reads a file.
func (v *validation) content(key string) ([]byte, error) {
	f, err := v.bucket.Open(key)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Uncompress(f)
}

// digest checks a digest file and the log files that it lists. One that is not genuine
// says nothing of log files.
func (v *validation) digest(key string) {
	content, err := v.content(key)
	if err != nil {
		v.wrong(key, "the digest file cannot be read: %v", err)
		return
	}
	f, err := Parse(content)
	if err != nil {
		v.wrong(key, "the digest file is damaged: %v", err)
		return
	}
	signature, err := v.signature(key)
	if err != nil {
		v.wrong(key, "the digest file has no signature: %v", err)
		return
	}
	public := v.keys[f.Fingerprint]
	switch {
	case f.Key != key:
		v.wrong(key, "the digest file was moved: it is of %s", f.Key)
		return
	case public == nil:
		v.wrong(key, "the digest file is signed by a key that is not known: %s", f.Fingerprint)
		return
	}
	if err := f.Verify(public, content, signature); err != nil {
		v.wrong(key, "the digest file was changed: %v", err)
		return
	}
	v.Digests++
	v.links[key] = &link{File: f, hash: Hash(content), signature: signature}
	for _, l := range f.Logs {
		v.log(l)
	}
}

func (v *validation) signature(key string) (string, error) {
	text, err := fs.ReadFile(v.bucket, key+MetadataSuffix)
	if err != nil {
		return "", err
	}
	var metadata map[string]string
	if err := json.Unmarshal(text, &metadata); err != nil {
		return "", err
	}
	return metadata[Signature], nil
}

// log checks a log file that a genuine digest file lists.
func (v *validation) log(l LogFile) {
	v.listed[l.Key] = true
	content, err := v.content(l.Key)
	switch {
	case err != nil && errors.Is(err, fs.ErrNotExist):
		v.wrong(l.Key, "the log file is missing")
	case err != nil:
		v.wrong(l.Key, "the log file is damaged: %v", err)
	case Hash(content) != l.Hash:
		v.wrong(l.Key, "the log file was changed: its hash does not match")
	default:
		v.Logs++
	}
}

// chains follows each digest file to the one before it.
func (v *validation) chains() {
	for key, l := range v.links {
		v.note(key, l)
		if l.PreviousKey == nil {
			continue
		}
		previous := *l.PreviousKey
		switch before, ok := v.links[previous]; {
		case !ok && slices.Contains(v.digests, previous): // told already
		case !ok:
			v.wrong(previous, "the digest file is missing")
		case l.PreviousHash == nil || before.hash != *l.PreviousHash || l.PreviousSignature == nil || before.signature != *l.PreviousSignature:
			v.wrong(previous, "the digest file is not the one that %s comes after", key)
		case before.followed:
			v.wrong(previous, "the chain has two ends: more than one digest file comes after this one")
		default:
			before.followed = true
		}
	}
}

// note keeps how far the chain goes that a digest file is of.
func (v *validation) note(key string, l *link) {
	chain := chainOf(key)
	if l.End.After(v.ends[chain]) {
		v.ends[chain] = l.End
	}
}

// chainOf is what all digest files of an account and region have in common: the way to
// their days.
func chainOf(key string) string {
	folder := strings.Replace(key, "/"+Digests+"/", "/"+Logs+"/", 1)
	root, rest, _ := strings.Cut(folder, "/"+Logs+"/")
	region, _, _ := strings.Cut(rest, "/")
	return root + "/" + region
}

// added looks for log files that no digest file lists.
func (v *validation) added() {
	for _, end := range v.ends {
		if v.Until.IsZero() || end.Before(v.Until) {
			v.Until = end
		}
	}
	for _, key := range v.logs {
		if v.listed[key] {
			continue
		}
		at, err := deliveredAt(key)
		if err == nil && !at.Add(time.Minute).Before(v.ends[chainOf(key)]) {
			v.Pending = append(v.Pending, key)
			continue
		}
		v.wrong(key, "the log file was added: no digest file lists it")
	}
}

// deliveredAt is when a log file was delivered, by its name, to the minute.
func deliveredAt(key string) (time.Time, error) {
	parts := strings.Split(key, "_")
	if len(parts) < 2 {
		return time.Time{}, fmt.Errorf("%s has not the name of a log file", key)
	}
	return time.Parse("20060102T1504Z", parts[len(parts)-2])
}

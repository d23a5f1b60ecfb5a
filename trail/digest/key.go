package digest

import "time"

// Place is where files of an account and a region lie in a bucket.
type Place struct {
	Prefix       string // may be empty
	Organization string // of an organization trail: its id
	Account      string
	Region       string
}

// suffix is how all files end.
const suffix = ".json.gz"

// folder is the folder of a day's files of a kind, with a slash at its end.
func (p Place) folder(kind string, at time.Time) string {
	return p.Root(kind) + at.UTC().Format("2006/01/02/")
}

// The kinds of files, as their folders are called.
const (
	Logs    = "CloudTrail"
	Digests = "CloudTrail-Digest"
)

// Root is the folder of all files of a kind, with a slash at its end.
func (p Place) Root(kind string) string {
	root := ""
	if p.Prefix != "" {
		root = p.Prefix + "/"
	}
	root += "AWSLogs/"
	if p.Organization != "" {
		root += p.Organization + "/"
	}
	return root + p.Account + "/" + kind + "/" + p.Region + "/"
}

// LogKey is the key of a log file that is delivered at a time. unique tells it from
// others of the same minute: 16 letters and digits.
func (p Place) LogKey(at time.Time, unique string) string {
	return p.folder(Logs, at) + p.Account + "_" + Logs + "_" + p.Region + "_" + at.UTC().Format("20060102T1504Z") + "_" + unique + suffix
}

// DigestKey is the key of a digest file of a trail whose time ends at end.
func (p Place) DigestKey(end time.Time, trail, home string) string {
	return p.folder(Digests, end) + p.Account + "_" + Digests + "_" + p.Region + "_" + trail + "_" + home + "_" + end.UTC().Format("20060102T150405Z") + suffix
}

package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed data
var releases embed.FS

// Releases gives the ids of the releases in this binary, oldest first.
func Releases() []string { return slices.Clone(ids()) }

var ids = sync.OnceValue(func() []string {
	folders, err := releases.ReadDir("data")
	if err != nil {
		panic(broken("data", err))
	}
	var ids []string
	for _, f := range folders { // ids are dates, and ReadDir sorts
		ids = append(ids, f.Name())
	}
	return ids
})

// A Release is one state of the published data. See the package's text.
type Release struct {
	id     string
	date   time.Time
	facts  map[string]string
	folder fs.FS

	policies   func() *policyTable
	services   func() *serviceTable
	keys       func() *keyTable
	partitions func() *partitionTable
	roles      func() map[string]ServiceLinkedRole
}

// opened keeps a release once it is open, so that what it has decoded is there
// once however many ask.
var opened sync.Map // id -> func() (*Release, error)

// Open gives the release of this id, or an error if this binary does not hold it.
func Open(id string) (*Release, error) {
	open, _ := opened.Load(id)
	if open == nil {
		if !slices.Contains(ids(), id) {
			return nil, fmt.Errorf("no catalog release %q in this version; it has %s", id, strings.Join(ids(), ", "))
		}
		open, _ = opened.LoadOrStore(id, sync.OnceValue(func() *Release { return load(id) }))
	}
	return open.(func() *Release)(), nil
}

// Default gives the newest release.
func Default() *Release {
	r, err := Open(ids()[len(ids())-1])
	if err != nil {
		panic(err) // it has just been named
	}
	return r
}

// load reads release.tsv and prepares the rest.
func load(id string) *Release {
	folder, err := fs.Sub(releases, "data/"+id)
	if err != nil {
		panic(broken(id, err))
	}
	r := &Release{id: id, folder: folder, facts: map[string]string{}}
	for row := range rows(r.read("release.tsv"), 2) {
		r.facts[row[0]] = row[1]
	}
	if r.date, err = time.Parse(time.DateOnly, r.facts["id"]); err != nil || r.facts["id"] != id {
		panic(broken(id, fmt.Errorf("release.tsv is of %q", r.facts["id"])))
	}
	r.policies = sync.OnceValue(func() *policyTable { return loadPolicies(r) })
	r.services = sync.OnceValue(func() *serviceTable { return loadServices(r) })
	r.keys = sync.OnceValue(func() *keyTable { return loadKeys(r.read("keys.tsv")) })
	r.partitions = sync.OnceValue(func() *partitionTable { return loadPartitions(r.read("partitions.tsv")) })
	r.roles = sync.OnceValue(func() map[string]ServiceLinkedRole { return loadRoles(r.read("service_linked_roles.tsv")) })
	return r
}

// ID is what a deployment records of the release.
func (r *Release) ID() string { return r.id }

// Date is the day whose data the release is.
func (r *Release) Date() time.Time { return r.date }

// count is a number in release.tsv: how many there are of something.
func (r *Release) count(of string) int {
	n, err := strconv.Atoi(r.facts[of])
	if err != nil {
		panic(broken("release.tsv", err))
	}
	return n
}

func (r *Release) read(file string) string {
	data, err := fs.ReadFile(r.folder, file)
	if err != nil {
		panic(broken(file, err))
	}
	return string(data)
}

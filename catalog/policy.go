package catalog

import (
	"iter"
	"sort"
	"strings"
	"time"
)

// serviceRolePath is the path of policies that only service-linked roles bear.
const serviceRolePath = "/aws-service-role/"

// A ManagedPolicy is an AWS managed policy in its default version. Earlier versions
// are not published.
type ManagedPolicy struct {
	Name             string
	ARN              string // in the partition that was asked for
	Path             string // "/", "/service-role/", "/job-function/", ...
	ID               string // ANPA..., ours: stable in all releases and partitions
	DefaultVersionID string // "v3"
	CreateDate       time.Time
	UpdateDate       time.Time // when the default version was made

	docs *pack
	at   place
}

// Document is the policy document as compact JSON. It says what AWS's says; the
// order of members is the source's, which sorts them.
func (p ManagedPolicy) Document() string { return p.docs.record(p.at) }

// ServiceLinkedOnly reports whether only service-linked roles may bear the
// policy, so that an attachment by anybody is refused.
func (p ManagedPolicy) ServiceLinkedOnly() bool { return p.Path == serviceRolePath }

// In gives the same policy with its ARN in another partition.
func (p ManagedPolicy) In(partition string) ManagedPolicy {
	p.ARN = policyARN(partition, p.Path, p.Name)
	return p
}

func policyARN(partition, path, name string) string {
	return "arn:" + partition + ":iam::aws:policy" + path + name
}

// policyTable is policies.tsv, sorted by folded name.
type policyTable struct {
	sorted []ManagedPolicy // ARN in partition aws
	fold   []string        // their names, folded
}

func loadPolicies(r *Release) *policyTable {
	docs := openPack(r.folder, "policies.pack", true)
	n := r.count("policies")
	t := &policyTable{sorted: make([]ManagedPolicy, 0, n), fold: make([]string, 0, n)}
	for row := range rows(r.read("policies.tsv"), 7) {
		t.sorted = append(t.sorted, ManagedPolicy{
			Name: row[0], ARN: policyARN("aws", row[1], row[0]), Path: row[1], ID: row[2], DefaultVersionID: row[3],
			CreateDate: date(row[4]), UpdateDate: date(row[5]), docs: docs, at: parsePlace(row[6]),
		})
		t.fold = append(t.fold, folded(row[0]))
	}
	return t
}

func date(cell string) time.Time {
	t, err := time.Parse(time.RFC3339, cell)
	if err != nil {
		panic(broken("date", err))
	}
	return t
}

// Policy finds an AWS managed policy by its ARN, in any partition that AWS has:
// arn:aws-cn:iam::aws:policy/ReadOnlyAccess. The ARN is compared exactly.
func (r *Release) Policy(arn string) (ManagedPolicy, bool) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	if !ok {
		return ManagedPolicy{}, false
	}
	partition, rest, _ := strings.Cut(rest, ":")
	full, ok := strings.CutPrefix(rest, "iam::aws:policy")
	if !ok {
		return ManagedPolicy{}, false
	}
	p, ok := r.policies().find(full[strings.LastIndexByte(full, '/')+1:])
	if !ok || p.Path+p.Name != full {
		return ManagedPolicy{}, false
	}
	if _, ok := r.Partition(partition); !ok {
		return ManagedPolicy{}, false
	}
	if partition != "aws" {
		p = p.In(partition)
	}
	return p, true
}

func (t *policyTable) find(name string) (ManagedPolicy, bool) {
	var buf [128]byte // the longest name of a policy has 128 letters
	fold := fold(buf[:0], name)
	i := sort.Search(len(t.fold), func(i int) bool { return t.fold[i] >= string(fold) })
	if i == len(t.fold) || t.fold[i] != string(fold) {
		return ManagedPolicy{}, false
	}
	return t.sorted[i], true
}

// Policies walks all AWS managed policies by name, ignoring case: the order in which
// ListPolicies pages. ARNs are those of partition aws; see [ManagedPolicy.In].
func (r *Release) Policies() iter.Seq[ManagedPolicy] {
	return func(yield func(ManagedPolicy) bool) {
		for _, p := range r.policies().sorted {
			if !yield(p) {
				return
			}
		}
	}
}

// PolicyCount is how many AWS managed policies there are.
func (r *Release) PolicyCount() int { return r.count("policies") }

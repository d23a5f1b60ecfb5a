package catalog

import (
	"iter"
	"regexp"
	"slices"
	"sync"
)

// A Partition is a group of regions with accounts of their own.
type Partition struct {
	Name         string // "aws", "aws-cn"
	DNSSuffix    string // of host names: "amazonaws.com"
	GlobalRegion string // that services without regions sign with: "us-east-1"
	Regions      []string
	region       func() *regexp.Regexp // what regions that come later will look like
}

type partitionTable struct {
	names  []string
	byName map[string]Partition
}

func loadPartitions(table string) *partitionTable {
	t := &partitionTable{byName: map[string]Partition{}}
	for row := range rows(table, 5) {
		pattern := row[3]
		t.names = append(t.names, row[0])
		t.byName[row[0]] = Partition{
			Name: row[0], DNSSuffix: row[1], GlobalRegion: row[2], Regions: slices.Clip(split(nil, row[4], ' ')),
			region: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) }),
		}
	}
	return t
}

// Partition finds a partition by its name.
func (r *Release) Partition(name string) (Partition, bool) {
	p, ok := r.partitions().byName[name]
	return p, ok
}

// Partitions walks all partitions by name.
func (r *Release) Partitions() iter.Seq[Partition] {
	return func(yield func(Partition) bool) {
		t := r.partitions()
		for _, name := range t.names {
			if !yield(t.byName[name]) {
				return
			}
		}
	}
}

// maxRegion is longer than the name of any region, so that a request's text is not
// searched at length.
const maxRegion = 32

// ValidRegion reports whether region is one of the partition's, known today or
// named as its regions are: clients use a region on the day it opens, and their
// endpoint rules accept it by the same pattern.
func (r *Release) ValidRegion(partition, region string) bool {
	p, ok := r.Partition(partition)
	if !ok || len(region) > maxRegion {
		return false
	}
	return slices.Contains(p.Regions, region) || p.region().MatchString(region)
}

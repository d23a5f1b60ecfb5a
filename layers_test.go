package keyreeve_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestLayers holds the repository to layers.txt.
func TestLayers(t *testing.T) {
	tree := os.DirFS(".")
	packages, err := readPackages(tree)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(packages, func(p goPackage) bool { return p.folder == "catalog" }) {
		t.Fatal("the walk over the repository does not find package catalog")
	}
	for _, finding := range repositoryLayers(t).check(packages) {
		t.Error(finding)
	}
}

// repositoryLayers reads layers.txt.
func repositoryLayers(t *testing.T) *layers {
	t.Helper()
	text, err := os.ReadFile("layers.txt")
	if err != nil {
		t.Fatal(err)
	}
	l, err := parseLayers(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLayersAreOrdered checks what the file itself promises.
func TestLayersAreOrdered(t *testing.T) {
	l := repositoryLayers(t)
	for _, pair := range [][2]string{ // what may never trade places
		{"arn", "policy"}, {"policy", "policy/eval"}, {"policy/eval", "identity"}, {"trail", "state"}, {"state", "identity"},
		{"identity", "authz"}, {"authz", "store"}, {"trail", "api"}, {"store", "service"}, {"api", "wire/awsquery"},
		{"service", "server"}, {"server", "cmd/keyreeve"},
	} {
		if above, below := l.place(pair[0]), l.place(pair[1]); above < 0 || below < 0 || above >= below {
			t.Errorf("%s (line %d of the list) is to stand above %s (line %d)", pair[0], above, pair[1], below)
		}
	}
}

// TestLayersCheck feeds the check small repositories and compares what it finds.
func TestLayersCheck(t *testing.T) {
	for _, test := range checkCases {
		t.Run(test.name, func(t *testing.T) {
			l, err := parseLayers(test.layers)
			if err != nil {
				t.Fatal(err)
			}
			packages, err := readPackages(treeOf(test.tree))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, l.check(packages)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// treeOf makes a file system of an archive, in which "-- name --" starts a file.
func treeOf(archive string) fs.FS {
	tree := fstest.MapFS{}
	for _, part := range strings.Split("\n"+archive, "\n-- ")[1:] {
		name, content, _ := strings.Cut(part, " --\n")
		tree[name] = &fstest.MapFile{Data: []byte(content + "\n")}
	}
	return tree
}

const smallLayers = `
pure: values
	arn      names
	policy   documents
rules: truths
	state    values
durable: kept
	store    commits
	store/...  databases
running: it listens
	server   the listener
only server imports store, store/...: no other writes
pure, rules never import os, net/http, net/http/...: no machine
policy may import net/http: only here
pure never uses time.Now: time is an argument
`

var checkCases = []struct {
	name, layers, tree string
	want               []string
}{
	{"all in order", smallLayers, `
-- arn/arn.go --
package arn
import "strings"
-- policy/policy.go --
package policy
import ("github.com/keyreeve/keyreeve/arn"; "net/http"; "time")
var limit = time.Second
-- policy/policy_test.go --
package policy
import ("os"; "github.com/keyreeve/keyreeve/server"; "time")
var now = time.Now
-- server/server.go --
package server
import ("github.com/keyreeve/keyreeve/store"; "github.com/keyreeve/keyreeve/store/sqlite"; "os"; "time")
var start = time.Now()
-- store/sqlite/db.go --
package sqlite
import "github.com/keyreeve/keyreeve/store"
-- peers/go.mod --
module github.com/keyreeve/keyreeve/peers
-- peers/cmd/p.go --
package outside
import "github.com/keyreeve/keyreeve/server"
-- store/testdata/x.go --
package broken
import "github.com/keyreeve/keyreeve/server"
`, nil},
	{"import upwards", smallLayers, `
-- arn/arn.go --
package arn
import "github.com/keyreeve/keyreeve/policy"
`, []string{"arn/arn.go:2: arn imports policy, which stands below it in layers.txt"}},
	{"siblings under one line", smallLayers, `
-- store/a/a.go --
package a
import "github.com/keyreeve/keyreeve/store/b"
`, []string{"store/a/a.go:2: store/a imports store/b, which stands on the same line of layers.txt"}},
	{"folder that is not listed", smallLayers, `
-- util/util.go --
package util
-- state/state.go --
package state
import "github.com/keyreeve/keyreeve/util"
`, []string{
		"state/state.go:2: state imports util, which is not in layers.txt",
		"util/util.go:1: folder util is not in layers.txt; find its place there",
	}},
	{"store behind the pipeline's back", smallLayers + "late: after\n\thandler  operations\n", `
-- handler/h.go --
package handler
import _ "github.com/keyreeve/keyreeve/store/sqlite"
`, []string{"handler/h.go:2: handler imports store/sqlite; only server may: no other writes"}},
	{"banned import", smallLayers, `
-- state/state.go --
package state
import ("io"; "net/http/httptest")
-- arn/arn.go --
package arn
import "os"
`, []string{
		"arn/arn.go:2: arn imports os: no machine",
		"state/state.go:2: state imports net/http/httptest: no machine",
	}},
	{"exception is for one folder", smallLayers, `
-- arn/arn.go --
package arn
import "net/http"
`, []string{"arn/arn.go:2: arn imports net/http: no machine"}},
	{"banned use, whatever it is called here", smallLayers, `
-- arn/arn.go --
package arn
import clock "time"
func now() clock.Time { return clock.Now() }
-- policy/policy.go --
package policy
import . "time"
`, []string{
		"arn/arn.go:3: arn uses time.Now: time is an argument",
		"policy/policy.go:2: policy imports time into its own scope, where the use of time.Now cannot be seen: time is an argument",
	}},
	{"own name that looks like a banned one", smallLayers, `
-- arn/arn.go --
package arn
type clock struct{}
func (clock) Now() int { return 0 }
func f() int { var time clock; return time.Now() }
`, nil},
}

// TestLayersText refuses lists that would check nothing.
func TestLayersText(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "no folders",
		"\tarn  names\n":              "before the first layer",
		"pure: x\n\tarn\n":            "says nothing",
		"pure: x\n\tarn  a\n\tarn  b": "twice",
		"pure: x\n\tarn  a\npuer never import os: y":             "puer",
		"pure: x\n\tarn  a\nonly arn imports stroe: y":           "stroe",
		"pure: x\n\tarn  a\npure never import os":                "reason",
		"pure: x\n\tarn  a\npure never use now: y":               "package.Name",
		"pure: x\n\tarn  a\npure sometimes import os: y":         "not understood",
		"pure: x\n\tarn  a\narn may import os: y\nempty: nobody": "empty",
	} {
		if _, err := parseLayers(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseLayers(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

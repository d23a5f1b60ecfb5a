// Command gen writes Go from AWS's API models.
//
// It reads the model files of a folder (see ../models/ORIGIN) and writes the
// packages iamapi, stsapi, orgapi, trailapi and keyreeveapi and the operation names of all models for package
// coverage. The output depends on nothing but the models and the tables in
// overrides.go, so that it can be compared with what is committed:
//
//	go generate ./api
//
// What a model's shape becomes is said in package api. Where AWS does otherwise
// than its model says, overrides.go says so too, with the source.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// packages are the services that get Go structs, for all of their operations or for
// those of only. The others are only counted.
var packages = []struct {
	service, pkg string
	only         []string
}{
	{service: "iam", pkg: "iamapi"},
	{service: "sts", pkg: "stsapi"},
	{service: "organizations", pkg: "orgapi"},
	{service: "cloudtrail", pkg: "trailapi", only: []string{ // the rest is about event data stores and dashboards
		"AddTags", "CreateTrail", "DeleteTrail", "DescribeTrails", "GetEventSelectors", "GetInsightSelectors", "GetTrail",
		"GetTrailStatus", "ListPublicKeys", "ListTags", "ListTrails", "LookupEvents", "PutEventSelectors",
		"PutInsightSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail",
		"RegisterOrganizationDelegatedAdmin", "DeregisterOrganizationDelegatedAdmin",
	}},
	{service: "keyreeve", pkg: "keyreeveapi"}, // the operators' own, in the same form
}

// counted are the models whose operations docs/coverage.md lists.
var counted = []string{"iam", "sts", "organizations", "cloudtrail", "accessanalyzer"}

func main() {
	models := flag.String("models", "models", "folder of the API models")
	out := flag.String("out", ".", "folder to write packages to")
	flag.Parse()
	if err := run(*models, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(models, out string) error {
	all := map[string]*model{}
	for _, service := range counted {
		m, err := load(models, service)
		if err != nil {
			return err
		}
		all[service] = m
	}
	for _, p := range packages {
		m := all[p.service]
		if m == nil {
			var err error
			if m, err = load(models, p.service); err != nil {
				return err
			}
		}
		if err := m.override(); err != nil {
			return err
		}
		g := &generator{model: m, pkg: p.pkg, only: p.only}
		if err := g.write(filepath.Join(out, p.pkg)); err != nil {
			return fmt.Errorf("%s: %w", p.pkg, err)
		}
	}
	return writeCoverage(filepath.Join(out, "coverage"), all)
}

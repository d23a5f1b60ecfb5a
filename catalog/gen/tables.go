package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// partitions is partitions.json.
type partitions struct {
	Source     string `json:"source"`
	Partitions []struct {
		ID                   string   `json:"id"`
		RegionRegex          string   `json:"regionRegex"`
		Regions              []string `json:"regions"`
		DNSSuffix            string   `json:"dnsSuffix"`
		ImplicitGlobalRegion string   `json:"implicitGlobalRegion"`
	} `json:"partitions"`
}

// addPartitions writes partitions.tsv.
func addPartitions(r *release, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var in partitions
	if err := strict(data, &in); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var b bytes.Buffer
	for _, p := range in.Partitions {
		row(&b, p.ID, p.DNSSuffix, p.ImplicitGlobalRegion, p.RegionRegex, strings.Join(p.Regions, " "))
	}
	r.files["partitions.tsv"] = b.Bytes()
	r.fact("partitions", in.Source)
	return nil
}

// addRoles copies the table of service-linked roles without its comments. A
// role whose policy does not exist would be created without rights, so each
// policy must be one of this release, unless the table itself says that AWS
// no longer publishes it; and then it must not be.
func addRoles(r *release, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	policies := append([]byte("\n"), r.files["policies.tsv"]...)
	var b bytes.Buffer
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) != 4 {
			return fmt.Errorf("%s: %d columns in %q", file, len(cells), line)
		}
		published := bytes.Contains(policies, []byte("\n"+cells[2]+"\t/aws-service-role/\t"))
		if withdrawn := cells[3] == "withdrawn"; published == withdrawn {
			return fmt.Errorf("%s: policy /aws-service-role/%s: published %t, withdrawn %t", file, cells[2], published, withdrawn)
		}
		row(&b, cells...)
	}
	r.files["service_linked_roles.tsv"] = b.Bytes()
	return nil
}

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// managedPolicy is a line of managed-policies.jsonl.gz.
type managedPolicy struct {
	Name             string          `json:"name"`
	ARN              string          `json:"arn"`
	Path             string          `json:"path"`
	DefaultVersionID string          `json:"defaultVersionId"`
	CreateDate       time.Time       `json:"createDate"`
	UpdateDate       time.Time       `json:"updateDate"`
	Document         json.RawMessage `json:"document"`
}

// addPolicies writes policies.tsv, the index sorted by folded name, and
// policies.pack, the documents in the same order.
func addPolicies(r *release, file string) error {
	policies, err := readPolicies(file)
	if err != nil {
		return err
	}
	var index bytes.Buffer
	var pack packer
	for _, p := range policies {
		var doc bytes.Buffer
		if err := json.Compact(&doc, p.Document); err != nil {
			return fmt.Errorf("%s: %w", p.ARN, err)
		}
		row(&index, p.Name, p.Path, policyID(p.ARN), p.DefaultVersionID,
			p.CreateDate.UTC().Format(time.RFC3339), p.UpdateDate.UTC().Format(time.RFC3339), pack.add(doc.Bytes()))
	}
	r.files["policies.tsv"] = index.Bytes()
	r.files["policies.pack"] = pack.bytes()
	r.fact("policies", len(policies))
	return nil
}

func readPolicies(file string) ([]managedPolicy, error) {
	data, err := readGzip(file)
	if err != nil {
		return nil, err
	}
	var policies []managedPolicy
	for line := range bytes.Lines(data) {
		var p managedPolicy
		if err := strict(line, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if want := "arn:aws:iam::aws:policy" + p.Path + p.Name; p.ARN != want {
			return nil, fmt.Errorf("ARN %s, expected %s", p.ARN, want)
		}
		policies = append(policies, p)
	}
	slices.SortFunc(policies, func(a, b managedPolicy) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for i := range policies[1:] { // the index finds a policy by its name alone
		if strings.EqualFold(policies[i].Name, policies[i+1].Name) {
			return nil, fmt.Errorf("two policies are named %s", policies[i].Name)
		}
	}
	return policies, nil
}

// policyID derives the unique id. The ids that AWS gave are not in the sources;
// what matters to clients is the form, and that an id never changes: hence from
// the ARN, spelled for partition aws, and kept in the index.
func policyID(arn string) string {
	sum := sha256.Sum256([]byte(arn))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// reference is service-reference.json.gz.
type reference struct {
	Source              string               `json:"source"`
	Version             string               `json:"version"`
	Services            map[string]service   `json:"services"`
	GlobalConditionKeys map[string]globalKey `json:"globalConditionKeys"`
	KeyPrefixServices   map[string][]string  `json:"keyPrefixServices"`
}

type service struct {
	Name        string              `json:"name"`
	RCP         bool                `json:"rcp"`
	Actions     map[string]action   `json:"actions"`
	Resources   map[string]resource `json:"resources"`
	Keys        map[string]string   `json:"keys"`
	KeyPatterns map[string]string   `json:"keyPatterns"` // follows from the holes in Keys
}

type action struct {
	Level     string   `json:"l"`
	Resources []use    `json:"r"`
	Keys      []string `json:"k"`
	// Scenarios are alternative sets of required resource types, given for five
	// actions only; the catalog leaves them out.
	Scenarios json.RawMessage `json:"scenarios"`
}

type use struct {
	Name     string   `json:"n"`
	Required bool     `json:"req"`
	Keys     []string `json:"k"`
}

type resource struct {
	ARN  string   `json:"arn"`
	Keys []string `json:"k"`
}

// addReference writes services.tsv, the index sorted by prefix, services.pack,
// one record a service, and keys.tsv, all condition keys.
func addReference(r *release, file string) error {
	data, err := readGzip(file)
	if err != nil {
		return err
	}
	var ref reference
	if err := strict(data, &ref); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var index bytes.Buffer
	var pack packer
	actions := 0
	for _, prefix := range slices.Sorted(maps.Keys(ref.Services)) {
		s := ref.Services[prefix]
		if prefix != strings.ToLower(prefix) {
			return fmt.Errorf("service prefix %s is not lower case", prefix)
		}
		record, err := s.record(prefix)
		if err != nil {
			return fmt.Errorf("service %s: %w", prefix, err)
		}
		row(&index, prefix, s.Name, pack.add(record))
		actions += len(s.Actions)
	}
	r.files["services.tsv"] = index.Bytes()
	r.files["services.pack"] = pack.bytes()
	r.files["keys.tsv"] = ref.keyTable()
	r.fact("reference", ref.Source+" "+ref.Version)
	r.fact("services", len(ref.Services))
	r.fact("actions", actions)
	return nil
}

// record is the text of a service in the pack. Package catalog documents it.
func (s service) record(prefix string) ([]byte, error) {
	var b bytes.Buffer
	row(&b, "service", prefix, s.Name, map[bool]string{true: "rcp", false: "-"}[s.RCP])
	keys := s.keyNumbers(&b)
	numbers := func(names []string, sep string) (string, error) { return join(names, keys, sep) }

	resources := map[string]int{}
	for i, name := range sortedFold(s.Resources) {
		resources[name] = i
		k, err := numbers(s.Resources[name].Keys, " ")
		if err != nil {
			return nil, fmt.Errorf("resource type %s: %w", name, err)
		}
		row(&b, "resource", name, s.Resources[name].ARN, orDash(k))
	}
	for _, name := range sortedFold(s.Actions) {
		a := s.Actions[name]
		k, err := numbers(a.Keys, " ")
		if err != nil {
			return nil, fmt.Errorf("action %s: %w", name, err)
		}
		u, err := uses(a.Resources, resources, numbers)
		if err != nil {
			return nil, fmt.Errorf("action %s: %w", name, err)
		}
		row(&b, "action", name, a.Level, orDash(k), orDash(u))
	}
	return b.Bytes(), nil
}

// keyNumbers writes the service's condition keys and numbers them.
func (s service) keyNumbers(b *bytes.Buffer) map[string]int {
	types := map[string]string{}
	for key, typ := range s.Keys {
		types[holes(key)] = typ
	}
	numbers := map[string]int{}
	for i, key := range sortedFold(types) {
		numbers[key] = i
		row(b, "key", key, types[key])
	}
	return numbers
}

// uses writes the resource types of an action: "3!" a required one, "3=0,4" one
// with condition keys of its own.
func uses(list []use, resources map[string]int, numbers func([]string, string) (string, error)) (string, error) {
	var out []string
	for _, u := range list {
		i, ok := resources[u.Name]
		if !ok {
			return "", fmt.Errorf("no resource type %s", u.Name)
		}
		cell := strconv.Itoa(i)
		if u.Required {
			cell += "!"
		}
		k, err := numbers(u.Keys, ",")
		if err != nil {
			return "", err
		}
		if k != "" {
			cell += "=" + k
		}
		out = append(out, cell)
	}
	return strings.Join(out, " "), nil
}

func join(names []string, keys map[string]int, sep string) (string, error) {
	var out []string
	for _, name := range names {
		i, ok := keys[holes(name)]
		if !ok {
			return "", fmt.Errorf("no condition key %s", name)
		}
		out = append(out, strconv.Itoa(i))
	}
	return strings.Join(out, sep), nil
}

// sortedFold gives the keys of m in the order in which package catalog looks
// them up: ignoring case.
func sortedFold[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
}

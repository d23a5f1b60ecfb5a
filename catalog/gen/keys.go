package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

type globalKey struct {
	Type     string `json:"type"`
	Category string `json:"category"`
}

// holes writes the part of a key that a request fills in always the same way.
// AWS's pages spell it ${TagKey}, <key> or tag-key, by service.
func holes(key string) string {
	if tail, ok := strings.CutSuffix(key, "/tag-key"); ok {
		return tail + "/${TagKey}"
	}
	if tail, ok := strings.CutSuffix(key, "/<key>"); ok {
		return tail + "/${TagKey}"
	}
	return key
}

// keyRow is a line of keys.tsv: a condition key once, however many services
// know it.
type keyRow struct{ key, typ, service, category string }

// keyTable collects all condition keys. Where services differ about a key, the
// list of global keys is right, then the service whose prefix the key bears,
// then the first in the order of the alphabet. Condition keys are compared
// ignoring case, so ec2:SourceInstanceARN is no second one.
func (ref *reference) keyTable() []byte {
	rows := map[string]keyRow{}
	add := func(key, typ, category string) {
		fold := strings.ToLower(holes(key))
		if _, ok := rows[fold]; !ok {
			rows[fold] = keyRow{holes(key), typ, ref.owner(key), category}
		}
	}
	for _, key := range sortedFold(ref.GlobalConditionKeys) {
		add(key, ref.GlobalConditionKeys[key].Type, ref.GlobalConditionKeys[key].Category)
	}
	prefixes := slices.Sorted(maps.Keys(ref.Services))
	for _, own := range []bool{true, false} {
		for _, prefix := range prefixes {
			keys := ref.Services[prefix].Keys
			for _, key := range sortedFold(keys) {
				if strings.HasPrefix(key, prefix+":") == own {
					add(key, keys[key], "")
				}
			}
		}
	}
	var b bytes.Buffer
	for _, fold := range slices.Sorted(maps.Keys(rows)) {
		k := rows[fold]
		row(&b, k.key, k.typ, orDash(k.service), orDash(k.category))
	}
	return b.Bytes()
}

// owner names the service that a key belongs to: the one of its prefix, or, for
// prefixes such as saml, the one that the source gives. Keys with prefix aws
// belong to none.
func (ref *reference) owner(key string) string {
	prefix, _, _ := strings.Cut(key, ":")
	if _, ok := ref.Services[prefix]; ok {
		return prefix
	}
	if s := ref.KeyPrefixServices[prefix]; len(s) > 0 {
		return s[0]
	}
	return ""
}

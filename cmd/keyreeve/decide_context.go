package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/keyreeve/keyreeve/policy/eval"
)

func readContext(members map[string]json.RawMessage, multivalued []string) (*eval.Context, error) {
	multi := map[string]bool{}
	for _, name := range multivalued {
		multi[strings.ToLower(name)] = true
	}
	c, seen := &eval.Context{}, map[string]bool{}
	for name, raw := range members {
		folded := strings.ToLower(name)
		if seen[folded] {
			return nil, fmt.Errorf("context: %s is given twice", name)
		}
		seen[folded] = true
		values, err := readValues(raw)
		if err != nil {
			return nil, fmt.Errorf("context: %s: %w", name, err)
		}
		c.SetValues(name, values, multi[folded])
	}
	return c, nil
}

// readValues reads a list of values, or a single one. Numbers and booleans are
// taken as they are written.
func readValues(raw json.RawMessage) ([]string, error) {
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		items = nil
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
	}
	values := make([]string, len(items))
	for i, item := range items {
		switch item[0] {
		case '"':
			if err := json.Unmarshal(item, &values[i]); err != nil {
				return nil, err
			}
		case '{', '[', 'n':
			return nil, errors.New("a value is a string, a number or a boolean")
		default:
			values[i] = string(item)
		}
	}
	return values, nil
}

// jsonObject splits an object into its members. Unlike encoding/json it takes
// names as they are, in their case, and none twice: the second of two policies
// must not silently replace the first.
func jsonObject(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("expected a JSON object")
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := name.(string)
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		members[key] = bytes.TrimSpace(value)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return members, nil
}

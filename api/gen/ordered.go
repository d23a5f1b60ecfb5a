package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// orderedRefs are a structure's members in the order of the file, which a Go map
// would lose. Answers and validation errors follow that order.
type orderedRefs []namedRef

type namedRef struct {
	name string
	ref  ref
}

func (o *orderedRefs) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("members: got %v, %w", t, err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		m := namedRef{name: name.(string)} // a key of an object is a string
		if err := d.Decode(&m.ref); err != nil {
			return err
		}
		*o = append(*o, m)
	}
	return nil
}

package jwt

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth bounds how deep JSON may be nested. Tokens in use need three or four
// levels.
const maxDepth = 16

var errJSON = errors.New("not JSON, or not as strict as it must be")

// object reads a JSON object. Numbers stay as they are written (json.Number).
func object(data []byte) (map[string]any, error) {
	// encoding/json takes invalid UTF-8 for U+FFFD, so that two different texts
	// would be the same name.
	if !utf8.Valid(data) {
		return nil, errJSON
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errJSON
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, errJSON
	}
	return o, nil
}

// value reads the next value.
func value(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil || depth > maxDepth {
		return nil, errJSON
	}
	switch t {
	case json.Delim('{'):
		return members(d, depth+1)
	case json.Delim('['):
		return elements(d, depth+1)
	}
	return t, nil
}

func members(d *json.Decoder, depth int) (any, error) {
	o := map[string]any{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, errJSON
		}
		name, ok := t.(string)
		if _, twice := o[name]; !ok || twice {
			return nil, errJSON
		}
		if o[name], err = value(d, depth); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errJSON
	}
	return o, nil
}

func elements(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := value(d, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil {
		return nil, errJSON
	}
	return list, nil
}

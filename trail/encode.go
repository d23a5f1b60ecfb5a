package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

const (
	textLimit = 1 << 10   // bytes of errorCode, errorMessage and userAgent
	treeLimit = 100 << 10 // bytes of requestParameters and responseElements, as JSON
)

// Encode writes the record as one line of JSON, without a line break. Secret says
// which members are secret beside those that [IsSecret] names; it may be nil. The
// event is not changed.
func (e Event) Encode(secret func(name string) bool) ([]byte, error) {
	e.complete()
	notes := map[string]any{}
	for name, tree := range map[string]*map[string]any{
		"requestParameters": &e.RequestParameters, "responseElements": &e.ResponseElements,
	} {
		fitting, fits, err := fit(*tree, secret)
		if err != nil {
			return nil, fmt.Errorf("encoding %s of %s: %w", name, e.EventName, err)
		}
		if *tree = fitting; !fits {
			notes[name] = "omitted: too large"
		}
	}
	additional, fits, err := fit(e.AdditionalData, secret)
	if err != nil {
		return nil, fmt.Errorf("encoding additionalEventData of %s: %w", e.EventName, err)
	}
	if !fits {
		notes["additionalEventData"] = "omitted: too large"
	}
	if len(notes) > 0 {
		if additional == nil {
			additional = map[string]any{}
		}
		maps.Copy(additional, notes)
	}
	e.AdditionalData = additional
	return marshal(&e)
}

// complete fills in what has a usual value, and cuts what is too long.
func (e *Event) complete() {
	if e.EventVersion == "" {
		e.EventVersion = Version
	}
	if e.EventType == "" {
		e.EventType = APICall
	}
	if e.EventCategory == "" {
		e.EventCategory, e.ManagementEvent = Management, true
	}
	if e.ReadOnly {
		e.ResponseElements = nil
	}
	e.EventTime = e.EventTime.UTC().Truncate(time.Second)
	e.ErrorCode, e.ErrorMessage = clip(e.ErrorCode, textLimit), clip(e.ErrorMessage, textLimit)
	e.UserAgent = clip(e.UserAgent, textLimit)
}

// fit gives a tree without secrets and of at most treeLimit bytes: with its long
// texts cut if it has to be, or not at all.
func fit(tree map[string]any, secret func(string) bool) (fitting map[string]any, fits bool, err error) {
	for _, limit := range []int{0, textLimit, 64} {
		r := redactor{more: secret, clip: limit}
		if fitting, err = r.tree(tree); err != nil || fitting == nil {
			return nil, true, err
		}
		if bound(fitting) <= treeLimit {
			return fitting, true, nil
		}
		text, err := marshal(fitting)
		if err != nil {
			return nil, false, err
		}
		if len(text) <= treeLimit {
			return fitting, true, nil
		}
	}
	return nil, false, nil
}

// bound is a length that the JSON of a tree does not exceed, told without writing
// it. Most trees are so small that this is enough to know that they fit.
func bound(v any) int {
	const number, escaped, punctuation = 32, 6, 4 // bytes at the most: of a number, of an escaped byte, around a value
	switch v := v.(type) {
	case map[string]any:
		n := punctuation
		for name, member := range v {
			n += escaped*len(name) + punctuation + bound(member)
		}
		return n
	case []any:
		n := punctuation
		for _, element := range v {
			n += bound(element)
		}
		return n
	case string:
		return escaped*len(v) + punctuation
	case json.Number:
		return len(v) + punctuation
	case []byte:
		return 2*len(v) + 2*punctuation
	}
	return number
}

// marshal is JSON with "<", ">" and "&" as they are.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

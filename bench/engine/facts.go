package engine

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// fact is the value of a condition key in the type that it has.
func fact(key, value string) (any, error) {
	switch key {
	case "aws:SecureTransport", "aws:ViaAWSService":
		return strconv.ParseBool(value)
	case "aws:MultiFactorAuthAge":
		return strconv.ParseInt(value, 10, 64)
	case "aws:CurrentTime":
		return time.Parse(time.RFC3339, value)
	case "aws:SourceIp":
		return netip.ParseAddr(value)
	}
	return value, nil
}

// facts are the values of a context in their types.
func facts(context map[string]string) (map[string]any, error) {
	out := map[string]any{}
	for key, value := range context {
		v, err := fact(key, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		out[key] = v
	}
	return out, nil
}

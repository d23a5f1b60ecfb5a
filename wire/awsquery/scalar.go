package awsquery

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// scalar parses a value by its shape. An error names the parameter and what it
// should be, not the value, which may be a misplaced secret.
func (d *decoder) scalar(s string, m *api.Member, path string) (*api.Value, error) {
	v := d.value(m.Shape)
	var err error
	what := ""
	switch m.Shape.Type {
	case api.StringType:
		v.String = s
	case api.IntegerType:
		what = "an integer"
		v.Integer, err = parseInteger(s, 32)
	case api.LongType:
		what = "an integer"
		v.Integer, err = parseInteger(s, 64)
	case api.FloatType, api.DoubleType:
		what = "a number"
		v.Float, err = parseFloat(s)
	case api.BooleanType:
		what = "true or false"
		v.Bool, err = parseBool(s)
	case api.TimestampType:
		what = "a time in ISO 8601 format"
		v.Time, err = parseTime(s)
	case api.BlobType:
		what = "base64"
		v.Blob, err = base64.StdEncoding.DecodeString(s)
	}
	if err != nil {
		return nil, apierror.New(apierror.MalformedInput, "The parameter %s must be %s.", clip(path), what)
	}
	return v, nil
}

// parseInteger reads digits with or without a minus; strconv would take a plus, too.
func parseInteger(s string, bits int) (int64, error) {
	if strings.HasPrefix(s, "+") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, bits)
}

// parseTime reads a time of the years 1 to 9999, so that it can be printed again.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	t = t.UTC()
	if err == nil && (t.Year() < 1 || t.Year() > 9999) {
		err = strconv.ErrRange
	}
	return t, err
}

func parseFloat(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(s, "_xX")) {
		err = strconv.ErrSyntax
	}
	return f, err
}

// parseBool takes the two words in any case; anything else would have to be taken for
// false, silently.
func parseBool(s string) (bool, error) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, nil
	case strings.EqualFold(s, "false"):
		return false, nil
	}
	return false, strconv.ErrSyntax
}

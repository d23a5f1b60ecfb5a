package constraint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/apierror"
)

// Shapes for the cases that no input of IAM or STS has.
var (
	short  = &api.Shape{Name: "short", Type: api.StringType, Min: new(int64(1)), Max: new(int64(3)), Enum: []string{"a", "bb"}}
	secret = &api.Shape{Name: "secret", Type: api.StringType, Max: new(int64(3)), Sensitive: true}
	number = &api.Shape{Name: "number", Type: api.LongType, Min: new(int64(1)), Max: new(int64(9))}
	blob   = &api.Shape{Name: "blob", Type: api.BlobType, Max: new(int64(2))}
	shorts = &api.Shape{Name: "shorts", Type: api.ListType, Max: new(int64(2)), Element: &api.Member{Name: "member", Shape: short}}
	pairs  = &api.Shape{
		Name: "pairs", Type: api.MapType, Min: new(int64(1)),
		Key: &api.Member{Name: "key", Shape: short}, Value: &api.Member{Name: "value", Shape: number},
	}
	inner = &api.Shape{Name: "inner", Type: api.StructureType, Members: []*api.Member{{Name: "Must", Shape: short, Required: true}}}
	many  = &api.Shape{Name: "many", Type: api.ListType, Element: &api.Member{Name: "member", Shape: inner}}
)

// one is a structure with one member of shape s, called X.
func one(v *api.Value) *api.Value {
	s := &api.Shape{Type: api.StructureType, Members: []*api.Member{{Name: "X", Shape: v.Shape}}}
	return &api.Value{Shape: s, Members: []*api.Value{v}}
}

func text(s *api.Shape, t string) *api.Value { return &api.Value{Shape: s, String: t} }

func TestCheck(t *testing.T) {
	all := Style{Values: true, Enums: true}
	for _, c := range []struct {
		name  string
		value *api.Value
		style Style
		want  []string // of violations
	}{
		{"nothing wrong", text(short, "bb"), all, nil},
		{"order within a value", text(short, "cccc"), all, []string{
			"Value 'cccc' at 'x' failed to satisfy constraint: Member must satisfy enum value set: [a, bb]",
			"Value 'cccc' at 'x' failed to satisfy constraint: Member must have length less than or equal to 3",
		}},
		{"a secret is not told", text(secret, "hunter2"), all, []string{
			"Value at 'x' failed to satisfy constraint: Member must have length less than or equal to 3",
		}},
		{"a number", &api.Value{Shape: number, Integer: -10}, all, []string{
			"Value '-10' at 'x' failed to satisfy constraint: Member must have value greater than or equal to 1",
		}},
		{"a blob", &api.Value{Shape: blob, Blob: []byte("abc")}, Style{}, []string{
			"Value at 'x' failed to satisfy constraint: Member must have length less than or equal to 2",
		}},
		{"a list and its elements", &api.Value{Shape: shorts, Items: []*api.Value{text(short, "a"), text(short, "a"), text(short, "c")}}, all, []string{
			"Value '[a, a, c]' at 'x' failed to satisfy constraint: Member must have length less than or equal to 2",
			"Value '[a, a, c]' at 'x' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 3, " +
				"Member must have length greater than or equal to 1, Member must satisfy enum value set: [a, bb]]",
		}},
		{"an empty map", &api.Value{Shape: pairs}, all, []string{
			"Value '{}' at 'x' failed to satisfy constraint: Member must have length greater than or equal to 1",
		}},
		{"keys and values of a map", &api.Value{Shape: pairs, Entries: []api.Entry{{Key: "", Value: &api.Value{Shape: number, Integer: 10}}}}, Style{}, []string{
			"Value at 'x' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 3, " +
				"Member must have length greater than or equal to 1, Member must satisfy enum value set]",
			"Value at 'x' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 9, " +
				"Member must have value greater than or equal to 1]",
		}},
		{"required inside a list", &api.Value{Shape: many, Items: []*api.Value{
			{Shape: inner, Members: []*api.Value{text(short, "a")}}, {Shape: inner, Members: []*api.Value{nil}},
		}}, all, []string{
			"Value null at 'x.2.member.must' failed to satisfy constraint: Member must not be null",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := ""
			switch len(c.want) {
			case 0:
			case 1:
				want = "ValidationError: 1 validation error detected: " + c.want[0]
			default:
				want = fmt.Sprintf("ValidationError: %d validation errors detected: %s", len(c.want), strings.Join(c.want, "; "))
			}
			got := ""
			if err := Check(one(c.value), c.style); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestMaxViolations(t *testing.T) {
	v := &api.Value{Shape: many}
	for range 1000 {
		v.Items = append(v.Items, &api.Value{Shape: inner, Members: []*api.Value{nil}})
	}
	err := apierror.Of(Check(one(v), Style{}))
	if err == nil || strings.Count(err.Message, "Member must not be null") != MaxViolations {
		t.Errorf("got %v", err)
	}
}

// A string that is a little too long is told of both, one that is far too long of its
// length alone.
func TestFarTooLong(t *testing.T) {
	letters := &api.Shape{Type: api.StringType, Max: new(int64(3)), Pattern: &api.Pattern{Java: "[a]+", RE2: "[a]+"}}
	for length, want := range map[int]string{
		4:              "2 validation errors detected: Value at 'x' failed to satisfy constraint: Member must satisfy regular expression pattern: [a]+; ",
		matchLimit + 1: "1 validation error detected: Value at 'x' failed to satisfy constraint: Member must have length",
	} {
		err := apierror.Of(Check(one(text(letters, strings.Repeat("b", length))), Style{}))
		if err == nil || !strings.HasPrefix(err.Message, want) {
			t.Errorf("%d: got %v", length, err)
		}
	}
}

func TestUTF16Length(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "abc": 3, "é€": 2, "🐫": 2, "a🐫\uFFFF": 4} {
		if got := utf16Length(s); got != want {
			t.Errorf("%q has %d, want %d", s, got, want)
		}
	}
}

// Most lengths are not counted, as the number of bytes says enough.
func TestLengthsHoldAsCounted(t *testing.T) {
	parts := []string{"", "a", "é", "€", "🐫", "\xff"}
	for n := range len(parts) * len(parts) * len(parts) * len(parts) {
		s := ""
		for ; n > 0; n /= len(parts) {
			s += parts[n%len(parts)]
		}
		for limit := range int64(9) {
			v := text(&api.Shape{Type: api.StringType, Min: new(limit), Max: new(limit)}, s)
			if got, want := maximum.holds(v), utf16Length(s) <= limit; got != want {
				t.Errorf("%q keeps a maximum of %d: %v", s, limit, got)
			}
			if got, want := minimum.holds(v), utf16Length(s) >= limit; got != want {
				t.Errorf("%q keeps a minimum of %d: %v", s, limit, got)
			}
		}
	}
}

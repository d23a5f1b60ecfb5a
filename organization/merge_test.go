package organization

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata/content anew")

// TestMerge: each file of testdata/merge has a type, policies (by level and name) in
// the order in which they were attached, the effective policy and what is wrong with it.
func TestMerge(t *testing.T) {
	files, err := filepath.Glob("testdata/merge/*.txtar")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var kind PolicyType
			var levels [][]source
			var want, faults string
			for _, f := range archive.Files {
				data := string(f.Data)
				switch f.Name {
				case "type":
					if kind, err = typeNamed(strings.TrimSpace(data)); err != nil {
						t.Fatal(err)
					}
				case "effective":
					want = strings.TrimSpace(data)
				case "faults":
					faults = data
				default:
					number, name, _ := strings.Cut(f.Name, "/")
					n, err := strconv.Atoi(number)
					if err != nil {
						t.Fatal(err)
					}
					if err := kind.checkPolicy(data); err != nil {
						t.Errorf("%s: %v", f.Name, err)
					}
					for len(levels) < n {
						levels = append(levels, nil)
					}
					levels[n-1] = append(levels[n-1], source{name, parsed(t, data)})
				}
			}
			whole := merge(kind.content, levels)
			if got := string(whole.appendJSON(nil)); got != want {
				t.Errorf("effective is\n%s, want\n%s", got, want)
			}
			var got strings.Builder
			for _, f := range whole.faults("$", nil) {
				got.WriteString(f.Code + " " + f.Path + " " + f.Message + " by " + strings.Join(f.Policies, " ") + "\n")
			}
			if got.String() != faults {
				t.Errorf("faults are\n%swant\n%s", got.String(), faults)
			}
		})
	}
}

func parsed(t testing.TB, content string) *branch {
	t.Helper()
	b, fault := parseContent(content)
	if fault != nil {
		t.Fatalf("%d: %s", fault.offset, fault.detail)
	}
	return b
}

// TestContent: what is wrong with each content in testdata/content.
func TestContent(t *testing.T) {
	const file = "testdata/content/management.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	last := &archive.Files[len(archive.Files)-1]
	var got strings.Builder
	seen := map[string]bool{}
	for _, f := range archive.Files[:len(archive.Files)-1] {
		name, _, _ := strings.Cut(f.Name, " ")
		kind, err := typeNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		seen[name] = true
		switch err := kind.checkPolicy(string(f.Data)); {
		case err == nil && !strings.HasSuffix(f.Name, " good"):
			t.Errorf("%s is let through", f.Name)
		case err != nil:
			message, ok := strings.CutPrefix(err.Error(), "MalformedPolicyDocumentException: The provided policy document does not meet the requirements of the specified policy type. ")
			if !ok || strings.HasSuffix(f.Name, " good") {
				t.Errorf("%s: %v", f.Name, err)
			}
			got.WriteString(f.Name + ": " + message + "\n")
		}
	}
	for _, name := range PolicyTypeNames() {
		if !seen[name] {
			t.Errorf("there is no policy of type %s", name)
		}
	}
	if *update {
		last.Data = []byte(got.String())
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got.String() != string(last.Data) {
		t.Errorf("it is\n%swant\n%s", got.String(), last.Data)
	}
}

// names are few, so that policies often speak of the same.
var names = []string{"a", "A", "b"}

// treeForm is a form that everything fits.
var treeForm = func() *form {
	leaf := &form{many: true}
	f := &form{fixed: map[string]*form{"values": leaf}}
	f.named = f
	return f
}()

// drawBranch draws a part of a policy: a setting, or parts.
func drawBranch(t *rapid.T, depth int) map[string]any {
	m := map[string]any{}
	if controls := rapid.SampledFrom([][]string{nil, nil, {"@@all"}, {"@@none"}, {"@@append"}, {"@@assign", "@@remove"}}).Draw(t, "controls"); controls != nil && depth < 3 {
		m[childControl] = controls
	}
	if depth == 0 {
		for _, o := range []string{assignOperator, appendOperator, removeOperator} {
			if rapid.IntRange(0, 2).Draw(t, o) == 0 {
				m[o] = rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3"}), 0, 2).Draw(t, "values")
			}
		}
		return m
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, strings.ToLower).Draw(t, "names") {
		m[name] = drawBranch(t, depth-1)
	}
	return m
}

func drawPolicy(t *rapid.T, id string) source {
	text, err := json.Marshal(map[string]any{"top": drawBranch(t, 2)})
	if err != nil {
		t.Fatal(err)
	}
	b, fault := parseContent(string(text))
	if fault != nil {
		t.Fatalf("%s: %s", text, fault.detail)
	}
	return source{id, b}
}

func drawLevels(t *rapid.T, most int) [][]source {
	levels := make([][]source, rapid.IntRange(0, most).Draw(t, "levels"))
	for i := range levels {
		for j := range rapid.IntRange(0, 2).Draw(t, "policies") {
			levels[i] = append(levels[i], drawPolicy(t, string(rune('a'+i))+string(rune('0'+j))))
		}
	}
	return levels
}

func effective(levels [][]source) string { return string(merge(treeForm, levels).appendJSON(nil)) }

// TestMergeIsAFold: an effective policy is made level by level, levels without policies
// change nothing, and the names of policies and the case of names do not matter.
func TestMergeIsAFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		levels := drawLevels(t, 4)
		want := effective(levels)
		e := newElement("", treeForm)
		for i, level := range levels {
			for _, s := range level {
				e.take(s.content, s.id, i+1)
			}
			e.endLevel()
		}
		if got := string(e.appendJSON(nil)); got != want {
			t.Fatalf("level by level %s, at once %s", got, want)
		}
		if got := effective(slices.Insert(slices.Clone(levels), rapid.IntRange(0, len(levels)).Draw(t, "at"), nil)); got != want {
			t.Fatalf("with an empty level %s, without %s", got, want)
		}
		if again := effective(levels); again != want {
			t.Fatalf("first %s, then %s", want, again)
		}
		if !json.Valid([]byte(want)) || strings.Contains(want, "@@") {
			t.Fatalf("effective is %s", want)
		}
	})
}

// TestNoneCannotBeOvercome: where a policy allows child policies nothing, at every part
// of what it says, no policies below change anything of it, whatever they are and
// whatever they allow.
func TestNoneCannotBeOvercome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		locked := drawPolicy(t, "locked")
		lock(locked.content)
		above := [][]source{{locked}}
		below := drawLevels(t, 3)
		whole := merge(treeForm, append(slices.Clone(above), below...))
		want := merge(treeForm, above)
		if got, want := partJSON(whole, "top"), partJSON(want, "top"); got != want {
			t.Fatalf("it was %s and has become %s", want, got)
		}
	})
}

// TestOneOperator: where only one operator is allowed, no value can be had by another.
func TestOneOperator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := source{"first", parsedText(t, `{"top": {"a": {"@@assign": ["1", "2"], "@@operators_allowed_for_child_policies": ["@@append"]}}}`)}
		below := drawLevels(t, 3)
		a := merge(treeForm, append([][]source{{first}}, below...)).part("top").part("a")
		if !slices.Equal(a.value.items[:2], []string{"1", "2"}) {
			t.Fatalf("the values became %v", a.value.items)
		}
		again := append([][]source{{first}}, append(below, []source{{"last", parsedText(t, `{"top": {"a": {"@@assign": ["x"], "@@remove": ["1"], "@@append": ["y"]}}}`)}})...)
		items := merge(treeForm, again).part("top").part("a").value.items
		if slices.Contains(items, "x") || !slices.Contains(items, "1") {
			t.Fatalf("the values became %v", items)
		}
	})
}

func parsedText(t *rapid.T, content string) *branch {
	b, fault := parseContent(content)
	if fault != nil {
		t.Fatal(fault.detail)
	}
	return b
}

func lock(b *branch) {
	if b.name != "" {
		b.allowed, b.controls = noOperators, true
	}
	for _, part := range b.parts {
		lock(part)
	}
}

func partJSON(e *element, name string) string {
	if part := e.part(name); part != nil {
		return string(part.appendJSON(nil))
	}
	return ""
}

// FuzzContent: no content makes the reader, the checks or the merger fail, and what
// comes out is JSON without operators.
func FuzzContent(f *testing.F) {
	for _, file := range []string{"testdata/merge/*.txtar", "testdata/content/*.txtar"} {
		paths, _ := filepath.Glob(file)
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				f.Fatal(err)
			}
			for _, part := range archive.Files {
				f.Add(string(part.Data), string(part.Data))
			}
		}
	}
	f.Fuzz(func(t *testing.T, parent, child string) {
		for _, kind := range policyTypes {
			if kind.content == nil {
				continue
			}
			accepted := kind.checkPolicy(parent) == nil && kind.checkPolicy(child) == nil
			above, aboveFault := parseContent(parent)
			below, belowFault := parseContent(child)
			if accepted && (aboveFault != nil || belowFault != nil) {
				t.Fatalf("%s: accepted, and cannot be read", kind.Name)
			}
			if aboveFault != nil || belowFault != nil {
				continue
			}
			whole := merge(kind.content, [][]source{{{"above", above}}, {{"below", below}}})
			out := whole.appendJSON(nil)
			if !json.Valid(out) {
				t.Fatalf("%s: %s", kind.Name, out)
			}
			whole.faults("$", nil)
			lock(above)
			alone := string(merge(kind.content, [][]source{{{"above", above}}}).appendJSON(nil))
			locked := merge(kind.content, [][]source{{{"above", above}}, {{"below", below}}})
			for _, part := range above.parts {
				had := partJSON(merge(kind.content, [][]source{{{"above", above}}}), part.name)
				if got := partJSON(locked, part.name); got != had {
					t.Fatalf("%s: %s of %s has become %s", kind.Name, part.name, alone, got)
				}
			}
		}
	})
}

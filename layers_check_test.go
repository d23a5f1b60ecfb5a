package keyreeve_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is what import paths of this repository start with.
const module = "github.com/keyreeve/keyreeve/"

// goPackage is the Go code in a folder.
type goPackage struct {
	folder string
	files  *token.FileSet
	code   []*ast.File // without tests, by file name
	tests  []*ast.File
}

// readPackages parses all Go files of a tree, whatever their build constraints, but
// not those of other modules inside it. It reads them here rather than asking
// `go list`, so that go test sees which files its result depends on.
func readPackages(tree fs.FS) ([]goPackage, error) {
	byFolder := map[string]*goPackage{}
	var order []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.ContainsAny(d.Name()[:1], "._") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() && name != "." && isModule(tree, name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		folder := path.Dir(name)
		if byFolder[folder] == nil {
			byFolder[folder] = &goPackage{folder: folder, files: token.NewFileSet()}
			order = append(order, folder)
		}
		return byFolder[folder].add(tree, name)
	})
	slices.Sort(order)
	var packages []goPackage
	for _, folder := range order {
		packages = append(packages, *byFolder[folder])
	}
	return packages, err
}

// isModule reports whether a folder is the root of a module.
func isModule(tree fs.FS, folder string) bool {
	_, err := fs.Stat(tree, path.Join(folder, "go.mod"))
	return err == nil
}

func (p *goPackage) add(tree fs.FS, name string) error {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(p.files, name, source, parser.ParseComments)
	if strings.HasSuffix(name, "_test.go") {
		p.tests = append(p.tests, f)
	} else {
		p.code = append(p.code, f)
	}
	return err
}

// check gives what in the packages is not as the text says, one line each.
func (l *layers) check(packages []goPackage) []string {
	var findings []string
	for _, p := range packages {
		if len(p.code) == 0 || p.folder == "." {
			continue
		}
		report := func(pos token.Pos, format string, args ...any) {
			at := p.files.Position(pos)
			findings = append(findings, fmt.Sprintf("%s:%d: ", at.Filename, at.Line)+fmt.Sprintf(format, args...))
		}
		if l.place(p.folder) < 0 {
			report(p.code[0].Name.Pos(), "folder %s is not in layers.txt; find its place there", p.folder)
			continue
		}
		for _, f := range p.code {
			l.checkFile(p.folder, f, report)
		}
	}
	return findings
}

type reporter func(pos token.Pos, format string, args ...any)

func (l *layers) checkFile(folder string, f *ast.File, report reporter) {
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // the parser has unquoted it once
		if inside, ok := strings.CutPrefix(imported, module); ok {
			l.checkOrder(folder, inside, spec.Pos(), report)
			imported = inside
		}
		l.checkBans(folder, imported, spec.Pos(), report)
	}
	for _, r := range l.rules {
		if r.kind == "never use" && l.about(r.who, folder) {
			for _, name := range r.what {
				checkUse(folder, f, name, r.because, report)
			}
		}
	}
}

// checkOrder holds an import of ours to the order of the list and to the rules
// "only".
func (l *layers) checkOrder(folder, imported string, pos token.Pos, report reporter) {
	here, there := l.place(folder), l.place(imported)
	switch {
	case there < 0:
		report(pos, "%s imports %s, which is not in layers.txt", folder, imported)
	case there > here:
		report(pos, "%s imports %s, which stands below it in layers.txt", folder, imported)
	case there == here:
		report(pos, "%s imports %s, which stands on the same line of layers.txt", folder, imported)
	}
	for _, r := range l.rules {
		itself := l.about(r.what, folder) // store/sqlite imports store
		if r.kind == "only" && l.about(r.what, imported) && !l.about(r.who, folder) && !itself {
			report(pos, "%s imports %s; only %s may: %s", folder, imported, strings.Join(r.who, ", "), r.because)
		}
	}
}

// checkBans holds any import to the rules "never", but for exceptions.
func (l *layers) checkBans(folder, imported string, pos token.Pos, report reporter) {
	applies := func(kind string) func(rule) bool {
		return func(r rule) bool {
			named := slices.ContainsFunc(r.what, func(name string) bool { return covers(name, imported) })
			return r.kind == kind && named && l.about(r.who, folder)
		}
	}
	if slices.ContainsFunc(l.rules, applies("may import")) {
		return
	}
	for _, r := range l.rules {
		if applies("never import")(r) {
			report(pos, "%s imports %s: %s", folder, imported, r.because)
		}
	}
}

// checkUse looks for package.Name under the name that the file imports the package
// by. An identifier that the file declares itself is resolved by the parser and is
// not meant.
func checkUse(folder string, f *ast.File, name, because string, report reporter) {
	banned, member, _ := strings.Cut(name, ".")
	local := ""
	for _, spec := range f.Imports {
		if spec.Path.Value != strconv.Quote(banned) {
			continue
		}
		local = path.Base(banned)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if local == "." {
			report(spec.Pos(), "%s imports %s into its own scope, where the use of %s cannot be seen: %s", folder, banned, name, because)
		}
	}
	if local == "" {
		return
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != member {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && id.Name == local && id.Obj == nil {
			report(sel.Pos(), "%s uses %s: %s", folder, name, because)
		}
		return true
	})
}

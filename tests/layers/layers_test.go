// Package layers keeps the layers apart: what each package of the module may import, read from go list and the sources.
package layers

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A layer is a rule for the packages under one import path; the longest matching path decides.
type layer struct {
	path string
	// own lists the packages of this module it may import; a trailing /... takes in what is below.
	own []string
	// modules lists the import paths from outside the standard library it may import.
	modules []string
	// noStd lists packages of the standard library it must not import, with everything below them.
	noStd []string
	// pure forbids go statements and channels: the caller's thread does all the work.
	pure bool
}

var pureStd = []string{"net", "os", "time", "sync", "syscall", "math/rand", "io/fs", "io/ioutil", "log", "context"}

var layers = []layer{
	{path: "libws/core/wire", modules: []string{"golang.org/x/sys/cpu"}, noStd: pureStd, pure: true},
	{path: "libws/core/protocol", own: []string{"libws/core/wire"}, noStd: pureStd, pure: true},
	{
		path:    "libws/core",
		own:     []string{"libws/core/wire", "libws/core/protocol", "libws/core/internal/..."},
		modules: []string{"golang.org/x/sys/unix"},
		noStd:   []string{"math/rand"},
	},
	{path: "libws/capi/abi"},
	{path: "libws/capi/gen", own: []string{"libws/capi/abi"}},
	{path: "libws/capi/handle"},
	{path: "libws/capi", own: []string{"libws/core", "libws/capi/handle"}, modules: []string{"github.com/mattn/go-pointer", "golang.org/x/sys/unix"}},
	{path: "libws/examples", own: []string{"libws/core", "libws/examples/go/program"}, modules: []string{"golang.org/x/sys/unix"}},
	{path: "libws/tests", own: []string{"libws/core", "libws/tests/..."}, modules: []string{"golang.org/x/sys/unix"}},
}

// listed is the part of go list's answer that is read here.
type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	Module     *struct{ Main bool }
	Imports    []string
	GoFiles    []string
	CgoFiles   []string
	SFiles     []string
}

func list(t *testing.T, args ...string) map[string]listed {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Standard,Module,Imports,GoFiles,CgoFiles,SFiles"}, args...)...)
	command.Dir = filepath.Join("..", "..")
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if root, deep := strings.CutSuffix(pattern, "/..."); deep {
			return below(path, root)
		}
		return path == pattern
	})
}

func layerOf(path string) *layer {
	var found *layer
	for i := range layers {
		if below(path, layers[i].path) && (found == nil || len(layers[i].path) > len(found.path)) {
			found = &layers[i]
		}
	}
	return found
}

// violations says what a package imports that its layer may not.
func violations(p listed, all map[string]listed) []string {
	rule := layerOf(p.ImportPath)
	if rule == nil {
		return []string{p.ImportPath + " belongs to no layer"}
	}
	var found []string
	for _, imported := range p.Imports {
		switch {
		case imported == "C" || imported == "unsafe":
			if rule.pure && imported == "C" {
				found = append(found, p.ImportPath+" uses cgo")
			}
		case below(imported, "libws"):
			// A package of the core may lean on its own inner packages, and an inner package on its siblings.
			inner := below(imported, rule.path+"/internal") && below(p.ImportPath, rule.path)
			if !matches(rule.own, imported) && !inner {
				found = append(found, p.ImportPath+" imports "+imported)
			}
		case all[imported].Standard:
			if slices.ContainsFunc(rule.noStd, func(root string) bool { return below(imported, root) }) {
				found = append(found, p.ImportPath+" imports "+imported)
			}
		default:
			if !matches(rule.modules, imported) {
				found = append(found, p.ImportPath+" imports "+imported)
			}
		}
	}
	return found
}

func TestNoLayerImportsUpwards(t *testing.T) {
	// Everything the module's packages reach, so that no rule is escaped through a package in between.
	all := list(t, "-deps", "./...")
	seen := 0
	for _, p := range all {
		if p.Module == nil || !p.Module.Main {
			continue
		}
		seen++
		for _, v := range violations(p, all) {
			t.Error(v)
		}
	}
	for _, path := range []string{"libws/core/wire", "libws/core/protocol", "libws/core"} {
		if _, ok := all[path]; !ok {
			t.Errorf("%s was not looked at", path)
		}
	}
	t.Logf("%d packages keep to their layers", seen)
}

// The pure layers start nothing: no goroutine, no channel.
func TestPureLayersStartNothing(t *testing.T) {
	for path, p := range list(t, "./core/...") {
		if rule := layerOf(path); rule == nil || !rule.pure {
			continue
		}
		for _, name := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s: go statement in a pure layer", set.Position(n.Pos()))
				case *ast.ChanType, *ast.SelectStmt:
					t.Errorf("%s: channel in a pure layer", set.Position(n.Pos()))
				}
				return true
			})
		}
	}
}

// What go doc shows in front of a package is one comment, which says what the package is: the sentence that opens any other file
// stands apart from its package clause.
func TestOneCommentIsThePackages(t *testing.T) {
	for path, p := range list(t, "./...") {
		var of []string
		for _, name := range append(slices.Clone(p.GoFiles), p.CgoFiles...) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if len(file.Comments) == 0 {
				t.Errorf("%s/%s opens without a sentence", path, name)
			}
			if file.Doc != nil {
				of = append(of, name)
			}
		}
		if len(p.GoFiles)+len(p.CgoFiles) > 0 && len(of) != 1 {
			t.Errorf("%s is described in %d files: %v", path, len(of), of)
		}
	}
}

// The rules must bite: packages made up here break each kind of rule once.
func TestRulesFindWhatTheyForbid(t *testing.T) {
	all := map[string]listed{"time": {Standard: true}, "net/http": {Standard: true}, "bytes": {Standard: true}}
	for _, c := range []struct {
		path     string
		imports  []string
		breaches int
	}{
		{"libws/core/wire", []string{"bytes", "golang.org/x/sys/cpu", "unsafe"}, 0},
		{"libws/core/wire", []string{"time", "net/http", "libws/core/protocol", "golang.org/x/sys/unix", "C"}, 5},
		{"libws/core/protocol", []string{"bytes", "libws/core/wire"}, 0},
		{"libws/core/protocol", []string{"libws/core", "libws/core/internal/poller", "time"}, 3},
		{"libws/core/internal/poller", []string{"libws/core/internal/sock", "golang.org/x/sys/unix", "time"}, 0},
		{"libws/core", []string{"libws/capi", "github.com/mattn/go-pointer"}, 2},
		{"libws/capi", []string{"C", "libws/core", "github.com/mattn/go-pointer"}, 0},
		{"libws/capi", []string{"libws/core/protocol", "libws/capi/gen"}, 2},
		{"libws/examples/go/echo_server", []string{"libws/core/wire"}, 1},
		{"libws/other", nil, 1},
	} {
		got := violations(listed{ImportPath: c.path, Imports: c.imports}, all)
		if len(got) != c.breaches {
			t.Errorf("%s importing %v: %d breaches found, want %d: %v", c.path, c.imports, len(got), c.breaches, got)
		}
	}
}

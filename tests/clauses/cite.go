// This file finds which clauses of RFC 6455 the sources and the tests cite, and in which function.
package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A citation is one place that names clauses: a declaration of the core, or a test.
type citation struct {
	file     string // path from the top of the project, with slashes
	name     string // function, method, variable or test; "" for the file as a whole
	sections []string
	text     string // what a clause's words are looked up in
}

func (c citation) cites(sections []string) bool {
	return slices.ContainsFunc(c.sections, func(s string) bool { return slices.Contains(sections, s) })
}

var (
	otherRFC    = regexp.MustCompile(`RFC ?\d+`)
	sectionSign = regexp.MustCompile(`§(\d+(?:\.\d+)*)`)
	sectionName = regexp.MustCompile(`RFC6455(?:Section)?_?(\d+(?:_\d+)*)`)
)

// sectionsIn lists the clauses of RFC 6455 that a text names: each § after "RFC 6455", up to where another RFC is named.
func sectionsIn(text string) []string {
	var found []string
	places := otherRFC.FindAllStringIndex(text, -1)
	for i, place := range places {
		if name := text[place[0]:place[1]]; name != "RFC 6455" && name != "RFC6455" {
			continue
		}
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		for _, m := range sectionSign.FindAllStringSubmatch(text[place[1]:end], -1) {
			found = append(found, m[1])
		}
	}
	return found
}

// sectionsInName reads clauses from names such as TestMask_RFC6455_5_3_Example.
func sectionsInName(name string) []string {
	var found []string
	for _, m := range sectionName.FindAllStringSubmatch(name, -1) {
		found = append(found, strings.ReplaceAll(m[1], "_", "."))
	}
	return found
}

// goFile reads the citations of one Go file. In a test file each test is one citation, made of its name, its comment, its
// body and the clauses in the file's first comment; elsewhere each comment and each string that names a clause is one.
func goFile(root, path string) ([]citation, error) {
	source, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	text := func(from, to token.Pos) string {
		return string(source[set.Position(from).Offset:set.Position(to).Offset])
	}
	if strings.HasSuffix(path, "_test.go") {
		return goTests(path, file, text), nil
	}

	var found []citation
	add := func(pos token.Pos, words string) {
		if sections := sectionsIn(words); len(sections) > 0 {
			if name := declared(file, pos); name != "" {
				found = append(found, citation{path, name, sections, name + " " + words})
			}
		}
	}
	for _, comment := range file.Comments {
		// A comment inside a function counts line by line with the line of code it stands on or above.
		add(comment.Pos(), comment.Text()+" "+lineOf(source, set.Position(comment.Pos()).Offset, set.Position(comment.End()).Offset))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if words, err := strconv.Unquote(literal.Value); err == nil {
				add(literal.Pos(), words)
			}
		}
		return true
	})
	return found, nil
}

func goTests(path string, file *ast.File, text func(from, to token.Pos) string) []citation {
	var header []string
	for _, comment := range file.Comments {
		if declared(file, comment.Pos()) == "" {
			header = append(header, sectionsIn(comment.Text())...)
		}
	}
	var found []citation
	for _, decl := range file.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Recv != nil || !(strings.HasPrefix(function.Name.Name, "Test") || strings.HasPrefix(function.Name.Name, "Fuzz")) {
			continue
		}
		from := function.Pos()
		if function.Doc != nil {
			from = function.Doc.Pos()
		}
		words := text(from, function.End())
		sections := append(sectionsIn(words), sectionsInName(function.Name.Name)...)
		sections = append(sections, header...)
		if len(sections) > 0 {
			found = append(found, citation{path, function.Name.Name, sections, words})
		}
	}
	return found
}

// lineOf returns the code around a comment: the rest of its first line and the line after it.
func lineOf(source []byte, start, end int) string {
	for start > 0 && source[start-1] != '\n' {
		start--
	}
	for lines := 0; end < len(source) && lines < 2; end++ {
		if source[end] == '\n' {
			lines++
		}
	}
	return string(source[start:end])
}

// declared names the declaration at or right below a position; "" for the file's own comment and for loose ones.
func declared(file *ast.File, pos token.Pos) string {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if within(pos, d.Doc, d) {
				return functionName(d)
			}
		case *ast.GenDecl:
			if !within(pos, d.Doc, d) {
				continue
			}
			for _, spec := range d.Specs {
				var doc *ast.CommentGroup
				end, name := spec.End(), ""
				switch s := spec.(type) {
				case *ast.ValueSpec:
					doc, name = s.Doc, s.Names[0].Name
					if s.Comment != nil {
						end = s.Comment.End()
					}
				case *ast.TypeSpec:
					doc, name = s.Doc, s.Name.Name
					if s.Comment != nil {
						end = s.Comment.End()
					}
				}
				start := spec.Pos()
				if doc != nil {
					start = doc.Pos()
				}
				if name != "" && ((pos >= start && pos <= end) || d.Doc != nil && pos < d.TokPos) {
					return name
				}
			}
		}
	}
	return ""
}

func within(pos token.Pos, doc *ast.CommentGroup, node ast.Node) bool {
	start := node.Pos()
	if doc != nil {
		start = doc.Pos()
	}
	return pos >= start && pos <= node.End()
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	kind := d.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if ident, ok := kind.(*ast.Ident); ok {
		return ident.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

var (
	pythonTop  = regexp.MustCompile(`(?m)^(?:@|#|def |async def |class )`)
	pythonTest = regexp.MustCompile(`(?m)^[ \t]*(?:async )?def (test_\w+)`)
)

// pythonFile reads the tests of one Python file that name a clause in their decorators, comments, docstring or body.
func pythonFile(root, path string) ([]citation, error) {
	raw, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, err
	}
	source := string(raw)
	var found []citation
	tests := pythonTest.FindAllStringSubmatchIndex(source, -1)
	for i, test := range tests {
		start, end := test[0], len(source)
		// Decorators and comments right above a test belong to it.
		for start > 0 {
			above := strings.LastIndexByte(source[:start-1], '\n') + 1
			if line := strings.TrimSpace(source[above:start]); line == "" || !(line[0] == '@' || line[0] == '#' || line[0] == ')' || line[0] == ']' || line[0] == '(' || line[0] == '"') {
				break
			}
			start = above
		}
		if i+1 < len(tests) {
			end = tests[i+1][0]
		}
		if next := pythonTop.FindStringIndex(source[test[1]:end]); next != nil {
			end = test[1] + next[0]
		}
		words := source[start:end]
		if sections := sectionsIn(words); len(sections) > 0 {
			found = append(found, citation{path, source[test[2]:test[3]], sections, words})
		}
	}
	return found, nil
}

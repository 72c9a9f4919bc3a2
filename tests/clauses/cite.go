// This file finds which clauses of RFC 6455 the code cites, and in which declaration.

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A citation is one place that names clauses: in a declaration of the core, or in a test.
type citation struct {
	file     string // path from the top of the project, with slashes
	name     string // function, method, variable or test; "" for the file as a whole
	sections []string
	text     string // what a clause's words are looked up in
	broad    bool   // named for a whole file: a section stands for those below it too
}

func (c citation) cites(sections []string) bool {
	return slices.ContainsFunc(c.sections, func(cited string) bool {
		return slices.ContainsFunc(sections, func(s string) bool { return s == cited || c.broad && strings.HasPrefix(s, cited+".") })
	})
}

var (
	otherRFC    = regexp.MustCompile(`RFC ?\d+`)
	sectionSign = regexp.MustCompile(`§(\d+(?:\.\d+)*)`)
)

// isNamed tells whether the place is one of those that a clause names by folder and name, as in protocol:checkHeader.
func (c citation) isNamed(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		folder, inner, _ := strings.Cut(name, ":")
		return c.name == inner && path.Base(path.Dir(c.file)) == folder
	})
}

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

// goCode reads the citations of one Go file that is no test: each comment and each string that names a clause.
func goCode(root, name string) ([]citation, error) {
	source, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []citation
	for _, decl := range file.Decls {
		if function, ok := decl.(*ast.FuncDecl); ok {
			found = append(found, citation{file: name, name: functionName(function)})
		}
	}
	add := func(pos token.Pos, words string) {
		if sections := sectionsIn(words); len(sections) > 0 {
			if inner := declared(file, pos); inner != "" {
				found = append(found, citation{file: name, name: inner, sections: sections, text: spaced(inner) + " " + words})
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

var camelCase = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// spaced splits a name into words: AfterClose and after_close become after close.
func spaced(name string) string {
	return strings.ReplaceAll(camelCase.ReplaceAllString(name, "$1 $2"), "_", " ")
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

// What a server reads of a request: fields, subprotocols, origins.

package core

import (
	"net/http"
	"reflect"
	"testing"
)

func TestRequestHeader(t *testing.T) {
	r := Request{Fields: []HeaderField{{Name: "A", Value: "1"}, {Name: "b", Value: ""}, {Name: "a", Value: "2"}}}
	r.Fields = append(r.Fields, HeaderField{Name: "Key", Value: "3"})
	for name, want := range map[string]string{"a": "1, 2", "A": "1, 2", "B": "", "c": "", "kEY": "3", "\u212aey": ""} { // the Kelvin sign is no k
		v, ok := r.Header(name)
		if v != want || ok != (name != "c" && name != "\u212aey") {
			t.Error(name, v, ok)
		}
	}
}

func TestFieldsOf(t *testing.T) {
	got := fieldsOf(http.Header{"B": {"2", "3"}, "A": {"1"}, "C": nil})
	if want := []HeaderField{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}, {Name: "B", Value: "3"}}; !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
	if fieldsOf(nil) != nil {
		t.Error("no header has fields")
	}
}

func TestChoose(t *testing.T) {
	for _, v := range []struct {
		ours, offered []string
		want          string
	}{
		{[]string{"a", "b"}, []string{"b", "a"}, "a"},
		{[]string{"c", "b"}, []string{"b", "a"}, "b"},
		{[]string{"c"}, []string{"b"}, ""},
		{nil, []string{"b"}, ""},
		{[]string{"B"}, []string{"b"}, ""}, // RFC 6455 §4.1: subprotocols are case-sensitive
	} {
		if got := choose(v.ours, v.offered); got != v.want {
			t.Errorf("%v of %v: %q, want %q", v.ours, v.offered, got, v.want)
		}
	}
}

func TestOriginAllowed(t *testing.T) {
	list := []string{"https://a.example", "https://b.example:444", "https://bank.example"}
	for origin, want := range map[string]bool{
		"": true, "https://a.example": true, "HTTPS://A.example": true, "https://b.example:444": true, "https://b.example": false,
		"http://a.example": false, "https://a.example.evil": false, "null": false,
		"https://bank.example": true, "https://ban\u212a.example": false, "http\u017f://bank.example": false, // only ASCII letters have a case here
	} {
		if originAllowed(list, origin) != want {
			t.Error(origin, "is to be", want)
		}
		if !originAllowed(nil, origin) {
			t.Error(origin, "without a list")
		}
	}
}

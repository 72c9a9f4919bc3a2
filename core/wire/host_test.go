// Host fields that are valid and not (RFC 3986 §3.2.2).

package wire

import "testing"

func TestValidHost(t *testing.T) {
	for _, host := range []string{
		"", "a", "example.org", "EXAMPLE.org.", "a_b-c.d~", "xn--exmple-cua.org", "a%2Cb", "a;b=c!$&'()*+", "1.2.3.4", "1.2.3.4:0", "a:", "a:80", "a:65535", "a:00080",
		"[::]", "[::1]", "[::1]:", "[::1]:65535", "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[FE80::aBcD]",
	} {
		if !ValidHost(host) || !ValidHost([]byte(host)) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{
		"a b", "exa/mple", "a,b", "user@host", "host:port", "a:b:c", "a:65536", "a:99999999", "a:-1", "a: 80", "\x80\xff", "<script>", `a"b`, `a\b`, "a?b", "a#b", "a\tb", "a^b", "a|b", "{a}", "a%", "a%4", "a%zz", "%00:x",
		"[::1", "::1", "[]", "[:]", "[:::]", "[1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[1::2::3]", "[12345::]", "[g::]", "[:1::]", "[1:]", "[1::2:]", "[::1.2.3]", "[::1.2.3.256]", "[::1.2.3.4.5]", "[::1.2.3.4:5]",
		"[1:2:3:4:5:6:7:1.2.3.4]", "[::01.2.3.4]", "[::1%25eth0]", "[::1%eth0]", "[v1.x]", "[1.2.3.4]", "[::1]x", "[::1]:x", "[::1]:65536", "[::1]]", "a[::1]",
	} {
		if ValidHost(host) || ValidHost([]byte(host)) {
			t.Errorf("%q is taken", host)
		}
	}
}

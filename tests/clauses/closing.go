// This file states the clauses of RFC 6455 on closing, failing and broken text (§7, §8).
package main

var closingClauses = []clause{
	{section: "7.1.2", rule: "a closing handshake starts with a close frame of that code and reason", words: "close|clos"},
	{section: "7.1.7", rule: "a client that fails the connection closes it", words: "fail"},
	{section: "7.1.7", rule: "a server that fails the connection closes it", words: "fail"},
	{section: "7.1.7", not: true, rule: "data is processed after the connection failed", words: "fail|looked at|ignor"},
	{section: "7.2.1", rule: "a client whose opening handshake must fail fails the connection", words: "fail|respon|accept", also: []string{"4.1", "7.1.7"}},
	{section: "7.2.1", rule: "a lost transport fails the connection", words: "1006|lost|abnormal|ended", also: []string{"7.1.5", "7.1.7"}},
	{section: "7.2.2", rule: "a server that aborts the opening handshake closes the connection", words: "refus|abort", also: []string{"4.2.1", "4.2.2"}},
	{section: "7.4.1", not: true, rule: "1005 is sent in a close frame", words: "1005|nostatus|onwire|close", also: []string{"7.4"}},
	{section: "7.4.1", not: true, rule: "1006 is sent in a close frame", words: "1006|abnormal|onwire|close", also: []string{"7.4"}},
	{section: "7.4.1", not: true, rule: "1015 is sent in a close frame", words: "1015|tls|onwire|close", also: []string{"7.4"}},

	{section: "8.1", rule: "bytes that are not UTF-8 where UTF-8 is expected fail the connection", words: "utf"},
}

#!/usr/bin/env bash
# Runs every Go fuzz target for FUZZTIME each, with a JUnit report per target; `make test` and `make fuzz` call it.
set -u
status=0
for package in $(go list ./core/... ./capi/...); do
    targets=$(go test -list '^Fuzz' "$package") || { status=1; echo "$package does not build its tests"; continue; }
    while read -r target; do
        "$GOTESTSUM" --format standard-quiet --junitfile "$REPORTS/fuzz-$target.xml" -- \
            -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" -timeout 30m "$package" </dev/null >"$REPORTS/fuzz-$target.log" 2>&1
        result=$?
        grep -E '^fuzz: elapsed' "$REPORTS/fuzz-$target.log" | tail -n 1 | sed "s|^fuzz|$target|"
        if [ "$result" -ne 0 ]; then
            status=1
            tail -n 40 "$REPORTS/fuzz-$target.log"
        fi
    done < <(grep '^Fuzz' <<<"$targets")
done
exit "$status"

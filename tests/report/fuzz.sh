#!/usr/bin/env bash
# Runs every Go fuzz target for FUZZTIME each, with a JUnit report per target; `make test` and `make fuzz` call it.
set -u
status=0

fuzz() { # PACKAGE TARGET
    "$GOTESTSUM" --format standard-quiet --junitfile "$REPORTS/fuzz-$2.xml" -- \
        -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZTIME" -timeout 30m "$1" </dev/null >"$REPORTS/fuzz-$2.log" 2>&1
}

# On a busy machine Go's fuzzer at times takes the end of its time for a failure (golang/go issue 48591). A finding has an input.
only_out_of_time() { # TARGET
    grep -q 'context deadline exceeded' "$REPORTS/fuzz-$1.log" && ! grep -qE 'Failing input written|panic:|fuzz_test\.go:|_test\.go:[0-9]+:' "$REPORTS/fuzz-$1.log"
}

for package in $(go list ./core/... ./capi/...); do
    targets=$(go test -list '^Fuzz' "$package") || { status=1; echo "$package does not build its tests"; continue; }
    while read -r target; do
        for _ in 1 2 3; do
            fuzz "$package" "$target"
            result=$?
            if [ "$result" -eq 0 ] || ! only_out_of_time "$target"; then break; fi
            echo "$target: its time ended in the middle of an input; once more"
        done
        if [ "$result" -eq 0 ]; then
            echo "$target: $FUZZTIME without a finding"
        else
            status=1
            tail -n 40 "$REPORTS/fuzz-$target.log"
        fi
    done < <(grep '^Fuzz' <<<"$targets")
done
exit "$status"

#!/usr/bin/env bash
# Shows the examples talk to each other: each language's echo server answers each language's client. `make demo` runs it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
folder=$(mktemp -d)
servers=()
# shellcheck disable=SC2329 # the trap calls it
finish() {
    [ "${#servers[@]}" -eq 0 ] || kill "${servers[@]}" 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT

program() { # LANGUAGE NAME: the command that runs that example
    case $1 in
    Python) echo "${PY:-python3} examples/python/$2.py" ;;
    C) echo "build/examples/c/$2" ;;
    Go) echo "build/examples/go/$2" ;;
    esac
}

status=0
for server in C Go Python; do
    log=$folder/$server
    mkfifo "$log.ready"
    # shellcheck disable=SC2046 # the command's words are meant to split
    timeout 60 $(program "$server" echo_server) 0 >"$log.ready" 2>"$log.errors" &
    servers+=($!)
    exec 3<"$log.ready"
    if ! read -r -t 20 line <&3; then
        echo "the $server server did not start: $(cat "$log.errors")"
        status=1
        continue
    fi
    port=${line##*:}
    echo "$server echo_server: $line"
    for client in C Go Python; do
        # shellcheck disable=SC2046
        if answer=$(timeout 20 $(program "$client" client_send) 127.0.0.1 "$port" "Hello from $client" 2>&1); then
            echo "  $client client_send: $(tail -n 1 <<<"$answer")"
        else
            echo "  $client client_send FAILED: $answer"
            status=1
        fi
    done
done
[ "$status" -eq 0 ] && echo "All 9 pairs of server and client understood each other."
exit "$status"

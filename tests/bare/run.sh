#!/usr/bin/env bash
# Tries ./build.sh in a bare Debian root, made with debootstrap, which gets nothing from this machine but the committed
# project and the settings through which package registries are reached. Run as root: tests/bare/run.sh [TARGET...];
# without targets: demo and test. Each target but test, which takes long, runs twice, for the second run must be quick.
#   BARE=/some/folder  keeps the root there (otherwise it is temporary)      SUITE=bookworm  the Debian release
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

[ "$(id -u)" = 0 ] || { echo "run as root: debootstrap and chroot need it" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "missing: debootstrap; apt-get install debootstrap" >&2; exit 1; }
# In a mount namespace of its own every mount ends with this script.
[ -n "${BARE_INSIDE:-}" ] || exec env BARE_INSIDE=1 unshare --mount --propagation private "${BASH_SOURCE[0]}" "$@"

targets=("$@")
[ "${#targets[@]}" -gt 0 ] || targets=(demo test)
bare=${BARE:-$(mktemp -d)}
folder=/root/libws # where the project lies in the bare root
say() { printf '[bare] %s\n' "$*"; }
# shellcheck disable=SC2329 # the trap calls it
finish() {
    umount --recursive --lazy "$bare/dev" "$bare/sys" "$bare/proc" 2>/dev/null || true
    [ -n "${BARE:-}" ] || rm -rf --one-file-system "$bare"
}
trap finish EXIT

if [ ! -x "$bare/usr/bin/apt-get" ]; then
    say "debootstrap ${SUITE:-bookworm} into $bare"
    debootstrap --variant=minbase "${SUITE:-bookworm}" "$bare" >"$bare.log" 2>&1 || { tail -n 20 "$bare.log"; exit 1; }
fi

rm -f "$bare/etc/apt/sources.list" # debootstrap's own, which the next lines replace
for path in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/apt/auth.conf.d /etc/apt/keyrings \
    /usr/local/share/ca-certificates /etc/pip.conf /root/.npmrc /etc/resolv.conf /etc/hosts; do
    [ -e "$path" ] || continue
    rm -rf "${bare:?}$path"
    mkdir -p "$bare$(dirname "$path")"
    cp -rL "$path" "$bare$path"
done
# The copied sources name this machine's release; the bare root has its own.
here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
find "$bare/etc/apt" \( -name "*.sources" -o -name "*.list" \) -exec sed -i "s/\\b$here\\b/${SUITE:-bookworm}/g" {} +
rm -rf "${bare:?}$folder"
mkdir -p "$bare$folder"
git -C "$project" archive HEAD | tar -x -C "$bare$folder"

mount -t proc proc "$bare/proc"
mount -t sysfs sysfs "$bare/sys"
mount --rbind /dev "$bare/dev"

settings=(HOME=/root USER=root TERM=dumb LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
while IFS= read -r setting; do settings+=("$setting"); done < <(env | grep -iE '^(https?_proxy|no_proxy|pip_index_url|goproxy|gosumdb|gonosumdb|npm_config_registry)=' || true)
enter() { chroot "$bare" env -i "${settings[@]}" "$@"; }

status=0
if ! enter sh -c 'command -v gcc' >/dev/null; then
    say "an ordinary user, who may not use apt, is told what is missing"
    chown -R 1000:1000 "$bare$folder"
    chmod 755 "$bare" "$bare/root" # a temporary folder lets nobody else in
    said=$(chroot --userspec=1000:1000 "$bare" env -i "${settings[@]}" HOME=/tmp "$folder/build.sh" build 2>&1) && status=1
    printf '%s\n' "$said"
    grep -q 'missing: gcc' <<<"$said" || { say "FAILED: that was not said"; status=1; }
    chown -R 0:0 "$bare$folder"
fi

touch "$bare/tmp/started"
for target in "${targets[@]}"; do
    for round in first second; do
        start=$SECONDS
        if enter "$folder/build.sh" "$target"; then outcome=passed; else outcome=FAILED status=1; fi
        say "./build.sh $target, $round run: $outcome in $((SECONDS - start)) s"
        [ "$target" != test ] || break
    done
done

# Besides apt's own files nothing may have appeared outside the project. Go keeps counters of its own use in ~/.config/go.
stray=$(enter find /root /home /opt /srv /usr/local -newer /tmp/started -type f \
    -not -path "$folder/*" -not -path '/root/.config/go/*' -not -path '/usr/local/lib/python3*/dist-packages/*' || true)
if [ -n "$stray" ]; then
    say "FAILED: written outside the project: $(head -n 20 <<<"$stray" | tr '\n' ' ')"
    status=1
fi
exit "$status"

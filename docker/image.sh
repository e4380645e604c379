#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `./dev image`: builds docker/Dockerfile without an engine and without a registry, runs the image with
# the lab's configuration on the host's loopback, and plays the phones against it. Root only.
#
# The base is a Debian made from packages (docker/base.sh), so the build needs nothing but apt. The
# image stays in build/image/storage as localhost/eas451; the lines at the end say how to see it.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"
store=$repository/build/image
mkdir -p "$store"

# vfs and chroot: the forms that work in a container or a chroot of one's own, without overlayfs,
# without namespaces of the network, without a daemon.
export BUILDAH_ISOLATION=chroot
in_store() { buildah --root "$store/storage" --runroot "$store/run" --storage-driver vfs "$@"; }

say() { printf '== %s\n' "$*"; }

container=
server=
clean_up() {
    if [[ -n $server ]]; then kill -KILL "$server" 2>/dev/null || true; fi
    if [[ -n $container ]]; then in_store rm "$container" >/dev/null || true; fi
}
trap clean_up EXIT

build_base() {
    say "base: Debian 12 from packages"
    bash docker/base.sh "$store/base.tar"
    container=$(in_store from scratch)
    in_store add --quiet "$container" "$store/base.tar" / >/dev/null
    in_store commit --quiet --format docker "$container" localhost/debian:bookworm-slim >/dev/null
    in_store rm "$container" >/dev/null
    container=
    rm "$store/base.tar"
}

build_image() {
    say "image: docker/Dockerfile"
    # The docker format, because OCI's has no HEALTHCHECK.
    in_store bud --format docker --build-arg BASE=localhost/debian:bookworm-slim --tag localhost/eas451 \
        --file docker/Dockerfile .
}

# expect WHAT FORMAT VALUE: one field of the image's configuration.
expect() {
    local got
    got=$(in_store inspect --type image --format "$2" localhost/eas451)
    [[ $got == "$3" ]] || { echo "image.sh: $1 of the image is '$got', not '$3'" >&2; return 1; }
}

check_image() {
    expect user '{{.Docker.Config.User}}' 9451:9451
    expect 'stop signal' '{{.Docker.Config.StopSignal}}' SIGTERM
    expect health '{{.Docker.Config.Healthcheck.Test}}' '[CMD /usr/bin/eas451 healthcheck]'
}

# The server's process: the one whose program is the container's eas451, below the given process.
find_server() {
    local child
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        if [[ $(readlink "/proc/$child/exe") == */usr/bin/eas451 ]]; then
            echo "$child"
            return
        fi
        find_server "$child"
    done
}

# Runs a command of the image as its user. A tmpfs where compose.yaml has one.
in_container() {
    in_store run --user 9451:9451 \
        --volume "$repository/docker/lab.yaml:/etc/eas451/eas451.yaml:ro" \
        --volume "$repository/config/directory.yaml:/etc/eas451/directory.yaml:ro" \
        "$container" -- "$@"
}

wait_until_ready() {
    local tries
    for ((tries = 0; tries < 60; tries++)); do
        kill -0 "$runner" 2>/dev/null || { echo "image.sh: the container ended" >&2; return 1; }
        if in_container /usr/bin/eas451 healthcheck >/dev/null 2>&1; then return 0; fi
        sleep 0.5
    done
    echo "image.sh: not ready after $tries tries" >&2
    return 1
}

run_image() {
    say "the container, as user 9451"
    container=$(in_store from localhost/eas451)
    in_container /usr/bin/eas451 serve >"$store/access.log" 2>"$store/server.log" &
    runner=$!
    wait_until_ready || { cat "$store/server.log" >&2; return 1; }
    server=$(find_server "$runner")
    [[ -n $server ]] || { echo "image.sh: cannot find the server's process" >&2; return 1; }

    local status=0
    /usr/bin/python3 tests/lab/phones.py --server 127.0.0.1:8443 || status=1
    kill -TERM "$server"
    wait "$runner" || { status=1; echo "image.sh: the server did not end with 0" >&2; }
    server=
    printf '\naccess log\n\n'
    cat "$store/access.log"
    return "$status"
}

rm -rf "$store/storage" "$store/run"
build_base
build_image
check_image
run_image
say "localhost/eas451 is in $store/storage:
   buildah --root $store/storage --runroot $store/run --storage-driver vfs images"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves that the commands of the README work on a machine that has nothing: makes a Debian 12 with git,
# bash and apt only, clones HEAD of this tree into it, and runs a command there.
#     tests/clean_root.sh [--root FOLDER] [COMMAND…]      default: ./dev test
# Root only. FOLDER is used again if it is there already (a second run is then a warm one) and kept;
# without it the root is a temporary folder, removed at the end. The command runs in a mount and a
# process namespace of its own, so no mount and no process can be left over.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=
if [[ ${1:-} == --root ]]; then
    root=$2
    shift 2
fi
(($#)) || set -- ./dev test
((EUID == 0)) || { echo "clean_root.sh: this needs root" >&2; exit 1; }

"$repository/dev" install image
if [[ -z $root ]]; then
    root=$(mktemp -d)
    trap 'rm -rf --one-file-system "$root"' EXIT
fi
mkdir -p "$root"
root=$(cd "$root" && pwd)

if [[ ! -x $root/usr/bin/git ]]; then
    bash "$repository/docker/base.sh" "$root" git
    cp --dereference /etc/resolv.conf /etc/hosts "$root/etc/"
fi
rm -rf "$root/srv/eas451.new"
git clone --quiet --no-hardlinks "$repository" "$root/srv/eas451.new"
if [[ -d $root/srv/eas451/build ]]; then mv "$root/srv/eas451/build" "$root/srv/eas451.new/"; fi
rm -rf "$root/srv/eas451"
mv "$root/srv/eas451.new" "$root/srv/eas451"

# In a root that is a mount of its own: what unshares again inside (buildah) needs / to be one.
export CLEAN_ROOT=$root
unshare --mount --pid --fork --kill-child bash -euc '
    mount --bind "$CLEAN_ROOT" "$CLEAN_ROOT"
    mount --rbind /dev "$CLEAN_ROOT/dev"
    mount --rbind /sys "$CLEAN_ROOT/sys"
    mount -t proc proc "$CLEAN_ROOT/proc"
    cd "$CLEAN_ROOT"
    exec chroot . /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" CI="${CI:-}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "cd /srv/eas451 && exec \"\$@\"" clean_root "$@"
' clean_root "$@"

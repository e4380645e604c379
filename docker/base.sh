#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a small Debian 12 from packages, as a folder or a .tar:
#     docker/base.sh TARGET [PACKAGE…]
# Root only. The sources are those this machine's apt has for Debian, whatever mirror that is, and they
# stay in the result. Documentation and locales are left out, as in Debian's own slim images.
set -euo pipefail

debian_sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)|$(ORIGIN)' 'Created-By: Packages' |
        sed -n 's/|Debian$//p' | sort -u | grep ' bookworm'
}

target=$1
shift
sources=$(debian_sources) || {
    apt-get -q update >&2
    sources=$(debian_sources) || {
        echo "base.sh: this machine's apt has no source of Debian 12 (bookworm)" >&2
        exit 1
    }
}

leave_out=()
for path in '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*'; do
    leave_out+=(--dpkgopt="path-exclude=$path")
done
leave_out+=(--dpkgopt='path-include=/usr/share/doc/*/copyright')

mmdebstrap --mode=root --variant=minbase "${leave_out[@]}" ${1:+--include="$(IFS=,; echo "$*")"} \
    bookworm "$target" - <<<"$sources"

#!/bin/sh
# Installs what desk is measured against: Debian packages (as root), Roundup and todoman from PyPI in a
# virtual environment of their own. The last line printed is that environment's folder.
#
#   benchmarks/peers.sh [FOLDER]        default: ${TMPDIR:-/tmp}/desk-bench-peers
set -eu

folder=${1:-${TMPDIR:-/tmp}/desk-bench-peers}
roundup=2.6.0
todoman=4.7.0

missing=
for package in notmuch public-inbox libdbd-sqlite3-perl libsearch-xapian-perl maildir-utils ripgrep; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "peers.sh: run as root, or install:$missing" >&2
        exit 1
    fi
    apt-get update >&2
    # shellcheck disable=SC2086 -- a list of names, split on purpose
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2
fi

if ! "$folder/bin/pip" show roundup 2>/dev/null | grep -q "^Version: $roundup$"; then
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check "roundup==$roundup" >&2
fi
if ! "$folder/bin/pip" show todoman 2>/dev/null | grep -q "^Version: $todoman$"; then
    "$folder/bin/pip" install --quiet --disable-pip-version-check "todoman==$todoman" >&2
fi

echo "$folder"

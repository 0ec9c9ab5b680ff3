#!/bin/sh
# The main job on sample mail, in a desk of its own in a temporary place. Run it by `make demo`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/desk-demo.XXXXXX")
export GIT_CONFIG_GLOBAL="$place/gitconfig" DESK_AGENT=dana
unset DESK_DIR DESK_NOW GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE 2>/dev/null || true

bold= plain=
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() { printf '\n$ %s\n' "$*"; "$@"; }

say "A new desk"
run desk init "$place/support"
cd "$place/support"

say "Mail comes in: through the mail server's door, one message at a time"
for mail in "$here"/mails/0*.eml "$here"/mails/10*.eml "$here"/mails/12*.eml; do
  printf '$ desk-ingest < %s\n' "$(basename "$mail")"
  desk-ingest --desk="$place/support" --recipient=support@example.com <"$mail"
done

say "What needs us"
run desk

say "Work on it"
run desk take 3
run desk set 3 priority=urgent category=technical
run desk tag 1 +invoice +vat
run desk assign 1 dana
run desk note 1 -m "Accounting changed it in May; the template still has the old one."
run desk resolve 1

say "The requester says thanks: the ticket stays resolved, and says so"
printf '$ desk-ingest < 11-thanks.eml\n'
desk-ingest --desk="$place/support" <"$here/mails/11-thanks.eml"
run desk list --status resolved

say "One ticket, as desk shows it"
run desk show 1 --no-pager

say "The same ticket is a text file in git"
run git --no-pager log --oneline -- "$(desk path 1)"
run git status --short
run desk fsck

say "The desk is in $place/support. Look around: cd there and try desk, desk list, git log -p. rm -r it when done."

#!/bin/sh
# A day at a desk on sample mail, in a temporary place. Run it by `make demo`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/desk-demo.XXXXXX")
export GIT_CONFIG_GLOBAL="$place/gitconfig" DESK_AGENT=dana PAGER=cat
unset DESK_DIR DESK_NO_INPUT GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE 2>/dev/null || true

bold= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
# Hour, what happens. The day is always the same Friday, so that what you see is what we saw.
at() {
  export DESK_NOW="2026-11-20T$1:00Z"
  printf '\n%s%s  %s%s\n' "$bold" "$1" "$2" "$plain"
}
# A command as you would type it: words with blanks in quotes.
run() {
  printf '\n$'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=@+,-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$@"
}
mail() {
  printf '$ desk-ingest < %s\n' "$1"
  desk-ingest --desk="$place/support" --recipient=support@example.com <"$here/mails/$1"
}

at 08:50 "A new desk, and the night's mail, as the mail server hands it over"
run desk init "$place/support"
cd "$place/support"
for name in 01-request 02-reply-in-thread 03-html-only 04-attachments 05-another-charset 06-bounce \
  07-out-of-office 08-mailing-list 09-cannot-be-parsed 10-contact-form 12-spam; do
  mail "$name.eml"
done

at 09:00 "What needs us"
run desk
run desk set 3 priority=urgent category=technical
run desk next --take

at 09:10 "An answer is in the outbox, a note stays in the house"
run desk reply 3 --status open -m "We see it, too, and are on it. You hear from us within the hour."
run desk note 3 -m "@lee the connection pool is exhausted. Can you raise it?"

at 09:25 "They ask again, in a new mail: two tickets become one"
mail 13-asked-again.eml
run desk dupes -O table
run desk merge 3 10

at 10:00 "A template, a tag, and a question that can wait until Monday"
run desk tag 1 +invoice +vat
run desk reply 1 --template being-investigated --no-edit
run desk snooze 2 --until "monday 9:00"

at 11:00 "One language for every question"
run desk list waiting:us not:tag:invoice priority:..medium -O table
run desk count --by status --all -O table

at 11:30 "Many tickets at once; one word takes it back"
run desk assign -q "assignee:none status:new not:is:snoozed" lee
run desk undo

at 11:40 "Or in your editor, a line a ticket (here sed types for you)"
cat >"$place/editor" <<'END'
sed -i -e '/Passwort/s/^keep/take, tag +account/' -e '/Undelivered/s/^keep/close/' -e '/Build/s/^keep/assign lee, tag +arm64/' "$1"
grep -v '^#' "$1"
END
export DESK_EDITOR="sh $place/editor"
run desk bulk status:new

at 14:05 "Grace is back early: her ticket does not wait until Monday"
mail 14-back-in-the-office.eml
run desk list id:2 -O table

at 15:20 "Done. The requester says thanks: it stays done, and says so"
run desk resolve 1
mail 11-thanks.eml
run desk list status:resolved -O table

at 16:00 "A rule that would have helped, tried on today's mail before it is switched on"
sed '/^- name: billing words/,/^  event/{/active: no/d;}' rules.yaml >"$place/rules.yaml"
printf '\n$ diff rules.yaml ../rules.yaml\n'
diff rules.yaml ../rules.yaml || true
run desk rules replay --since 1d --rules ../rules.yaml || true
cp ../rules.yaml rules.yaml
run desk rules check
run git commit -q -m "Sort by billing words" rules.yaml

at 16:30 "What was promised, and the day in figures"
run desk sla status -O table
run desk report volume --period today

at 17:00 "The day, by who did what"
run desk log --by dana --fields at,ticket,what -O table
run desk outbox list -O table --fields state,ticket,to,subject

at 17:10 "One ticket, as desk shows it; the same is a text file in git, and its history a story"
run desk show 3 --no-pager
run git --no-pager log --reverse --format="%an: %s" -- "$(desk path 3)"
run git status --short
run desk fsck

printf '\n%sThe desk is in %s/support. Look around: cd there and try desk, desk list, git log -p. rm -r it when done.%s\n' \
  "$bold" "$place" "$plain"

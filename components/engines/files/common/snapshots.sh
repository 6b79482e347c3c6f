# shellcheck shell=bash disable=SC2034,SC2154
# What `bay backup` and `bay restore` have a master do, over SSH: bash reads this from standard input, and after it what
# came with it. It is never written to a server. The engine brings
#   UNIT             the unit that makes the server a part of its bay
#   is_installed     whether the engine's programs are there and run
#   serves           whether this master has data that the others agree on
#   save FOLDER      put what is to be kept into this folder
#   version          of the engine, one word
#   leave            give up what this server is in
#   load FOLDER      make what is in this folder the engine's data, with this server as its only master
# usage: bash -s save            the snapshot to standard output
#        bash -s probe           whether this master serves
#        bash -s put SHA256      a snapshot from standard input, kept for `load`
#        bash -s leave           this master stops, and waits
#        bash -s load            with the snapshot that was put there
#        bash -s join            this master enters what another one has loaded; its key comes from standard input
# exit: 0 done, 3 this master does not serve, 4 it cannot be done (the last line says why), 5 not what was sent, 6 time is up
set -Eeuo pipefail
umask 077
export LC_ALL=C

LIBRARY=/usr/local/lib/bay
PUT=/var/lib/bay-restore # root's own: the snapshot holds secrets
LOG=/run/bay-restore.log
BOOT_WITHIN=900          # seconds; the engine may have to be installed first
FROZEN_WITHIN=30

refuse() {
  echo "$2" >&2
  exit "$1"
}

# Settings and library of the server, which cloud-init may not have written yet.
settle() {
  until [ -e /etc/bay/env ] && [ -e "$LIBRARY/common.sh" ] && { [[ $1 =~ ^(save|probe)$ ]] || [ -e /run/bay/prepared ]; }; do
    [[ ! $1 =~ ^(save|probe)$ ]] || refuse 3 "this server is no part of a bay yet"
    ((SECONDS < BOOT_WITHIN)) || refuse 6 "this server is not prepared after $BOOT_WITHIN s"
    sleep 1
  done
  # shellcheck source=/dev/null
  . /etc/bay/env
  # shellcheck source=/dev/null
  . "$LIBRARY/common.sh"
  [ "$BAY_ROLE" = master ] || refuse 4 "this server is no master"
}

await_engine() {
  until is_installed; do
    ((SECONDS < BOOT_WITHIN)) || refuse 6 "the engine is not installed after $BOOT_WITHIN s"
    sleep 1
  done
}

# A folder for what is in work; it goes with this script.
work() {
  WORK=$(mktemp -d /var/lib/bay-backup.XXXXXX)
  trap end_work EXIT
}

end_work() {
  [ -z "${FROZEN:-}" ] || kill -CONT "$FROZEN" 2>/dev/null || true
  rm -rf "$WORK"
}

# copy_frozen PID FOLDER COPY: as the disk of a server that loses power would have it, which is what a log written ahead is
# made for; the process does not notice the moment. It goes on whatever becomes of this script.
copy_frozen() {
  local guard start=$SECONDS
  FROZEN=$1
  (sleep "$FROZEN_WITHIN" && kill -CONT "$1") <&- >/dev/null 2>&1 3>&- 9>&- &
  guard=$!
  kill -STOP "$1"
  until is_stopped "$1"; do
    ((SECONDS - start < FROZEN_WITHIN)) || refuse 4 "process $1 does not stop for the copy"
    sleep 0.02
  done
  cp --archive --reflink=auto --no-target-directory "$2" "$3"
  kill -CONT "$1"
  FROZEN=
  kill "$guard" 2>/dev/null || true
  ((SECONDS - start < FROZEN_WITHIN)) || refuse 4 "the data was not copied within $FROZEN_WITHIN s, so the copy may be torn"
}

# A signal takes a moment, and each thread stops by itself.
is_stopped() {
  local states
  states=$(sed 's/.*) \(.\).*/\1/' "/proc/$1/task/"*/stat 2>/dev/null || true)
  [ -z "$(tr -d 'TtZX\n' <<<"$states")" ]
}

main_process() {
  systemctl show --property MainPID --value "$1"
}

# empty FOLDER: it may be where a volume is mounted.
empty() {
  mkdir -p "$1"
  find "$1" -mindepth 1 -delete
}

# No progress on standard output, which is the snapshot's.
send() {
  local archive="$WORK/snapshot"
  tar --create --gzip --sparse --numeric-owner --directory "$1" --file "$archive" .
  printf 'bay: size=%s sha256=%s version=%s\n' "$(stat --format %s "$archive")" "$(sum_of "$archive")" "$(version)" >&2
  cat "$archive" >&3
}

sum_of() {
  sha256sum "$1" | cut -d ' ' -f 1
}

put() {
  rm -rf "$PUT"
  mkdir "$PUT"
  cat >"$PUT/snapshot"
  [ "$(sum_of "$PUT/snapshot")" = "$1" ] || {
    rm -rf "$PUT"
    refuse 5 "what arrived is not what was sent"
  }
}

# Whoever waits for this server by its console log sees that it is not ready any more.
stop() {
  await_engine
  stage restoring
  systemctl stop "$UNIT"
  leave
}

# Whoever asked may be cut off meanwhile, and what writes to nobody any more would end in the middle.
load_apart() {
  local code=0
  (
    trap '' HUP
    load_put
  ) >"$LOG" 2>&1 3>&- &
  wait $! || code=$?
  tail -n 20 "$LOG"
  return "$code"
}

load_put() {
  [ -e "$PUT/snapshot" ] || refuse 4 "there is no snapshot on this server"
  mkdir -p "$PUT/content"
  tar --extract --gzip --numeric-owner --same-owner --preserve-permissions --directory "$PUT/content" \
    --file "$PUT/snapshot" || refuse 4 "the snapshot cannot be unpacked"
  load "$PUT/content"
  rm -rf "$PUT"
  systemctl start "$UNIT"
}

main() {
  local key
  exec 3>&1 1>&2 9>/run/bay-snapshot.lock
  # One whose connection broke may still be at work here.
  flock --nonblock 9 || refuse 4 "another backup or restore is at work on this server"
  settle "$1"
  case $1 in
    put) put "$2" ;;
    join) key=$(cat) ;;
  esac
  exec </dev/null
  case $1 in
    probe) serves || refuse 3 "it does not serve" ;;
    save)
      serves || refuse 3 "it does not serve"
      work
      mkdir "$WORK/content"
      save "$WORK/content"
      send "$WORK/content"
      ;;
    leave) stop ;;
    load) load_apart ;;
    join)
      printf '%s\n' "$key" >"$BAY_JOIN_KEY"
      systemctl start "$UNIT"
      ;;
  esac
}

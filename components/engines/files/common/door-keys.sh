# shellcheck shell=bash
# What `bay rotate join-keys` has a master do, over SSH: bash reads this from standard input, and after it what came with
# it. It is never written to a server. The engine brings
#   rotate_tokens    make all tokens useless that the door has handed out
# usage: bash -s probe     say what opens the door now
#        bash -s put       that from standard input does from now on: authorized_keys, a line of --, proof_keys
#        bash -s tokens    other tokens
# exit: 0 done, 3 this is no master with a door, 4 it cannot be done
set -euo pipefail
umask 077
export LC_ALL=C

DOOR=/etc/bay/door

sum() {
  sha256sum <"$1" | cut -d' ' -f1
}

# Whole, and on the disk, before it takes the old one's place: sshd and join-root may read at any moment.
replace() {
  chmod "$3" "$1"
  sync "$1"
  mv "$1" "$2"
}

put() {
  folder=$(mktemp -d "$DOOR.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  awk -v folder="$folder" '$0 == "--" { second = 1; next } { print > (folder (second ? "/proof_keys" : "/authorized_keys")) }'
  [ -s "$folder/authorized_keys" ] || exit 4
  [ -s "$folder/proof_keys" ] || exit 4
  # A key that opens the door can prove nothing while its line is missing here, so this comes first.
  replace "$folder/proof_keys" "$DOOR/proof_keys" 0600
  replace "$folder/authorized_keys" "$DOOR/authorized_keys" 0644
}

main() {
  [ -e "$DOOR/authorized_keys" ] && [ -e "$DOOR/proof_keys" ] || {
    echo "this server has no door" >&2
    exit 3
  }
  case $1 in
    probe) ;;
    put) put ;;
    tokens) rotate_tokens >/dev/null || exit 4 ;;
  esac
  echo "bay: keys=$(sum "$DOOR/authorized_keys") proofs=$(sum "$DOOR/proof_keys")" >&2
}

# shellcheck shell=bash disable=SC2154
# The Cinder volumes of this server: found, formatted once, mounted. Sourced after the settings and common.sh.

VOLUMES=/var/lib/bay
FOUND_WITHIN=60 # seconds: Nova attaches before the boot, but the kernel may look later

# "NAME BYTES" a line, of whole disks: what the kernel calls a disk (no loop devices, CD-ROMs, floppies or memory), and
# whatever has the id of a Cinder volume for its serial number.
disks() {
  local name type path size
  {
    while read -r name type; do
      [[ $type != disk || $name == */zram* ]] || echo "$name"
    done < <(lsblk --nodeps --noheadings --paths --output NAME,TYPE --exclude 1,2,7,11,43)
    for path in /dev/disk/by-id/*; do
      name=${path##*/}
      [[ ! $name =~ [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f] || $name =~ ^(dm|md|lvm)-|-part[0-9]+$ ]] ||
        readlink -f "$path"
    done
  } | sort -u | while read -r name; do
    # In a container the kernel names disks that are not there.
    [ ! -e "$name" ] || ! size=$(blockdev --getsize64 "$name") || echo "$name $size"
  done
}

# Nothing at all: no file system, partition table, RAID, LVM, LUKS or swap, not even damaged or ambiguous ones, and
# nothing that the kernel made of it. A disk that cannot be read is not empty.
is_empty() {
  local signatures
  signatures=$(wipefs --no-act --parsable "$1") || return 1
  [ -z "$signatures" ] && [ "$(lsblk --noheadings --raw --output NAME "$1" | wc -l)" = 1 ]
}

# The state volume is known by its id, which Cinder makes the disk's serial number: all of it on SCSI and NVMe over
# fabrics, its first 20 characters on virtio and NVMe. Sets DISK.
find_state_disk() {
  local names ids i path
  DISK=
  read -ra names <<<"$BAY_MASTER_NAMES"
  read -ra ids <<<"$BAY_STATE_VOLUMES"
  for i in "${!names[@]}"; do
    [ "${names[i]}" = "$(node_name)" ] && [ -n "${ids[i]:-}" ] || continue
    for path in /dev/disk/by-id/*"${ids[i]:0:20}"*; do
      [[ $path == *-part[0-9]* || ! -e $path ]] || DISK=$(readlink -f "$path")
    done
  done
}

# The engine's volume is made with the server, so nobody knows its id beforehand: it is the one that bears the
# label; before that, the smallest with nothing on it that has the size asked for. Sets DISK.
find_engine_disk() {
  local state name size least
  # Encryption takes some MiB away.
  least=$(((BAY_ENGINE_SIZE << 30) - (64 << 20)))
  find_state_disk
  state=$DISK DISK=
  while read -r name size; do
    [ "$name" != "$state" ] && [ "$(blkid --probe --output value --match-tag LABEL "$name")" = bay-engine ] || continue
    # A container may have had a volume of its own attached, and labelled.
    [ -z "$DISK" ] || fail several-disks-bear-bay-engine
    DISK=$name
  done < <(disks)
  [ -z "$DISK" ] || return 0
  while read -r name size; do
    if [ "$name" != "$state" ] && ((size >= least)) && is_empty "$name"; then
      DISK=$name
      break
    fi
  done < <(disks | sort -n -k 2)
}

# await_disk FINDER LABEL
await_disk() {
  local second
  # What the kernel knows, udev may not have named yet.
  ! command -v udevadm >/dev/null || udevadm settle --timeout 10 || true
  for ((second = 0; second < FOUND_WITHIN; second++)); do
    "$1"
    [ -z "$DISK" ] || return 0
    sleep 1
  done
  fail "no-disk-for-$2"
}

# mount_disk LABEL: DISK, with a file system on it if it has nothing at all.
mount_disk() {
  local label=$1 home="$VOLUMES/$1" type
  ! mountpoint -q "$home" || return 0
  # -m 0: root writes here, for whom the reserve would be.
  ! is_empty "$DISK" || mkfs.ext4 -q -m 0 -L "$label" "$DISK"
  type=$(blkid --probe --output value --match-tag TYPE "$DISK") || true
  if [ "$type" = ext4 ]; then
    e2fsck -p "$DISK" || (($? < 2)) || fail "$label-is-damaged"
  fi
  mkdir -p "$home"
  mount "$DISK" "$home" || fail "cannot-mount-$label"
  # The volume may have been extended; if that fails, it is still a volume.
  [ "$type" != ext4 ] || resize2fs "$DISK" || true
}

# cover PATH FOLDER: PATH is FOLDER of a volume from now on. What a package left in PATH moves there once.
cover() {
  mkdir -p "$1"
  [ ! "$1" -ef "$2" ] || return 0
  if [ ! -e "$2" ]; then
    rm -rf "$2.new"
    cp --archive --one-file-system --no-target-directory "$1" "$2.new"
    sync --file-system "$2.new"
    mv "$2.new" "$2"
  fi
  mount --bind "$2" "$1"
}

# use_volume FINDER LABEL PATH...: each folder is a part of the disk from now on.
use_volume() {
  local label=$2 path name
  await_disk "$1" "$label"
  mount_disk "$label"
  for path in "${@:3}"; do
    name=${path#/}
    cover "$path" "$VOLUMES/$label/${name//\//-}"
  done
}

mount_volumes() {
  local engine state
  read -ra engine <<<"$BAY_ENGINE_PATHS"
  read -ra state <<<"$BAY_STATE_PATHS"
  # So that it does not pass for the engine's while it is still empty.
  [ "${#state[@]}" = 0 ] || await_disk find_state_disk bay-state
  [ "${#engine[@]}" = 0 ] || use_volume find_engine_disk bay-engine "${engine[@]}"
  # After the other: a folder of the state may be inside one of the engine's.
  [ "${#state[@]}" = 0 ] || use_volume find_state_disk bay-state "${state[@]}"
}

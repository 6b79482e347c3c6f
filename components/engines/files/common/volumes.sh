# shellcheck shell=bash disable=SC2154
# The Cinder volumes of this server: found, formatted once, mounted. Sourced after the settings and common.sh.

VOLUMES=/var/lib/bay
FOUND_WITHIN=60 # seconds: Nova attaches before the boot, but the kernel may look later

# The state volume is known by its id, which Cinder makes the disk's serial number (its first 20 characters).
state_disk() {
  local names ids i path
  read -ra names <<<"$BAY_MASTER_NAMES"
  read -ra ids <<<"$BAY_STATE_VOLUMES"
  for i in "${!names[@]}"; do
    [ "${names[i]}" = "$(node_name)" ] || continue
    for path in /dev/disk/by-id/*"${ids[i]:0:20}"*; do
      [ -b "$path" ] && readlink -f "$path" && return
    done
  done
  return 1
}

# The engine's volume is made with the server, so nobody knows its id beforehand: it is the one that bears the
# label, else the only disk with nothing on it.
engine_disk() {
  local disk other
  blkid -L bay-engine && return
  other=$([ -z "$BAY_STATE_VOLUMES" ] || state_disk) || true
  for disk in $(lsblk -dnpo NAME -e 1,7,11,252:0 2>/dev/null || lsblk -dnpo NAME); do
    [ "$disk" != "$other" ] && is_empty "$disk" && echo "$disk" && return
  done
  return 1
}

# No partition and no file system.
is_empty() {
  [ "$(lsblk -no NAME "$1" | wc -l)" = 1 ] && [ -z "$(blkid -p -o value -s TYPE "$1")" ]
}

# mount_disk FINDER LABEL PATH...: each folder is a part of the disk from now on.
mount_disk() {
  local disk tried=0 label=$2 home="$VOLUMES/$2" path
  until disk=$("$1"); do
    tried=$((tried + 1))
    [ "$tried" -lt "$FOUND_WITHIN" ] || {
      stage failed "reason=no-disk-for-$label"
      exit 1
    }
    sleep 1
  done
  [ -n "$(blkid -p -o value -s TYPE "$disk")" ] || mkfs.ext4 -q -L "$label" "$disk"
  mkdir -p "$home"
  mountpoint -q "$home" || mount "$disk" "$home"
  for path in "${@:3}"; do
    mkdir -p "$path" "$home/${path//\//_}"
    mountpoint -q "$path" || mount --bind "$home/${path//\//_}" "$path"
  done
}

mount_volumes() {
  local paths
  read -ra paths <<<"$BAY_ENGINE_PATHS"
  [ "${#paths[@]}" = 0 ] || mount_disk engine_disk bay-engine "${paths[@]}"
  # After the other: a folder of the state may be inside one of the engine's.
  read -ra paths <<<"$BAY_STATE_PATHS"
  [ "${#paths[@]}" = 0 ] || mount_disk state_disk bay-state "${paths[@]}"
}

# shellcheck shell=bash
# The encrypted volume for what Mallard keeps: made once, opened and mounted at every start.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

size=${MM_VOLUME_SIZE:-20G}

run install -d -m 0755 "$home"
if ! already test -e "$key"; then
    already test -e "$image" && stop "$image is there, but its key $key is not: put it back first"
    # Complete under its name, or not there at all.
    run install -m 0400 /dev/null "$key.new"
    run dd if=/dev/urandom "of=$key.new" bs=64 count=1 status=none
    run mv "$key.new" "$key"
fi

# It gets its name when its file system is made: what has the name is never formatted again.
if ! already test -e "$image"; then
    if already test -e "$device-new"; then
        run cryptsetup close "$mapped-new"
    fi
    run rm -f "$image.new"
    run fallocate -l "$size" "$image.new" || {
        rm -f "$image.new"
        stop "there is no room for a volume of $size; name a smaller one in MM_VOLUME_SIZE"
    }
    run chmod 0600 "$image.new"
    # The key is random: to make guesses costly would only cost memory that a small server lacks.
    run cryptsetup luksFormat --batch-mode --type luks2 --cipher aes-xts-plain64 --key-size 512 \
        --pbkdf pbkdf2 --key-file "$key" "$image.new"
    run cryptsetup open --type luks2 --key-file "$key" "$image.new" "$mapped-new"
    run mkfs.ext4 -q -m 0 -L mallard "$device-new"
    run cryptsetup close "$mapped-new"
    run mv "$image.new" "$image"
fi

add_line "$root/etc/crypttab" "$mapped $image $key luks,nofail"
# Without the volume the server still starts, so that one can get in and look.
options=noatime,nodev,nosuid,noexec,nofail,x-systemd.before=docker.service
add_line "$root/etc/fstab" "$device $data ext4 $options 0 2"

if ! already test -e "$device"; then
    run cryptsetup open --type luks2 --key-file "$key" "$image" "$mapped"
fi
# While the volume is not there, its place is root's, so that nothing is written beside it.
already test -d "$data" || run install -d -m 0700 "$data"
if ! already mountpoint -q "$data"; then
    run mount "$device" "$data"
fi
run chown "$owner:$owner" "$data"
run chmod 0700 "$data"
did "The encrypted volume is at $data. Keep a copy of $key elsewhere: nothing opens it without."

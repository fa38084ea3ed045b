# shellcheck shell=bash
# Makes the encrypted volume larger: MM_VOLUME_SIZE=30G sudo -E bash deploy/setup.sh --step resize
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

size=${MM_VOLUME_SIZE:?set it to the new size, as in MM_VOLUME_SIZE=30G}
wanted=$(numfmt --from=iec "$size")
if [ -z "$dry_run" ] && [ "$wanted" -lt "$(stat -c %s "$image")" ]; then
    stop "$image is larger than $size already, and is not made smaller"
fi

# A dry run shows what is done where everything runs.
still() {
    [ -n "$dry_run" ] || "$@" >/dev/null 2>&1
}

runs() {
    [ -n "$(compose ps -q)" ]
}

was_running=
if still runs; then
    was_running=yes
    run_compose down
fi
if still mountpoint -q "$data"; then
    run umount "$data"
fi
if still test -e "$device"; then
    run cryptsetup close "$mapped"
fi
run fallocate -l "$size" "$image"
run cryptsetup open --type luks2 --key-file "$key" "$image" "$mapped"
run cryptsetup resize --key-file "$key" "$mapped"
# 1 says that something was mended.
run e2fsck -f -p "$device" || [ $? = 1 ]
run resize2fs "$device"
run mount "$device" "$data"
[ -z "$was_running" ] || run_compose up -d
did "The volume is $size now."

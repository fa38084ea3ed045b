#!/usr/bin/env bash
# From a bare Debian or Ubuntu server to Mallard behind https: see --help and deploy/setup/.
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
    cat <<'END'
Usage: sudo bash deploy/setup.sh [--dry-run] [--step NAME | --from NAME]

  --dry-run    print every command for a new server, and change nothing
  --step NAME  do this step alone
  --from NAME  do this step and all after it
  --list       list the steps

Every step may be repeated: what is done already stays as it is. The domain, the address of whoever
minds the server and the token for Cloudflare's DNS are asked for, unless MM_DOMAIN, MM_EMAIL and
MM_CF_TOKEN are set. MM_VOLUME_SIZE is the size of the encrypted volume (20G).
END
}

# The steps in their order, and those that are done only when they are named.
steps=()
for file in "$here"/setup/[0-9]*-*.sh; do
    name=${file##*/[0-9][0-9]-}
    steps+=("${name%.sh}")
done
by_name_only=(resize)

file_of() {
    local found
    for found in "$here"/setup/[0-9]*-"$1".sh "$here/setup/$1.sh"; do
        [ -e "$found" ] && echo "$found" && return
    done
    return 1
}

fail() {
    printf 'Error: %s\n' "$*" >&2
    exit 2
}

known() {
    [[ " ${steps[*]} ${by_name_only[*]} " == *" $1 "* ]] ||
        fail "there is no step $1; the steps are: ${steps[*]} ${by_name_only[*]}"
}

wanted=("${steps[@]}")
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) export MM_DRY_RUN=yes ;;
        --list) printf '%s\n' "${steps[@]}" "${by_name_only[@]}" && exit ;;
        -h | --help) usage && exit ;;
        --step | --from)
            known "${2:-}"
            wanted=("$2")
            if [ "$1" = --from ]; then
                all=" ${steps[*]} "
                [[ $all == *" $2 "* ]] || fail "$2 is not one of the steps in a row"
                read -r -a wanted <<<"$2 ${all#* "$2" }"
            fi
            shift
            ;;
        *) usage >&2 && fail "what is $1?" ;;
    esac
    shift
done

for step in "${wanted[@]}"; do
    printf '== %s\n' "$step"
    if ! bash "$(file_of "$step")"; then
        {
            echo
            echo "The step \"$step\" failed, and nothing after it was done. Once what is said above is"
            echo "mended, go on with: sudo bash deploy/setup.sh --from $step"
        } >&2
        exit 1
    fi
done

if [ "${#wanted[@]}" != 1 ] && [ -z "${MM_DRY_RUN:-}" ]; then
    cat <<END

Sign in at the domain with this password; it is in deploy/.env, too:
$(sed -n 's/^MALLARD_ADMIN_PASSWORD=/  /p' "$here/.env")

What is left to you:
- before you close this connection, see that another one by SSH works
- copies of /etc/mallard-data.key, /etc/mallard-backup.key and deploy/.env, not on this server
- backups that leave this server, and one restored to see that it can be
- the script in your pages: <script defer src="https://DOMAIN/mallard.js" data-domain="example.com">
END
fi

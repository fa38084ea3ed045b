# shellcheck shell=bash
# What all steps know: where things are, and how commands are run, or only shown.
set -euo pipefail
shopt -s inherit_errexit

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Where the root directory is; only the tests have another one.
root=${MM_ROOT:-}
dry_run=${MM_DRY_RUN:-}
# Nobody is asked, not even whether services may be started anew.
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a

# The names that steps share.
# shellcheck disable=SC2034
{
    compose_file=$deploy/docker-compose.production.yml
    settings=$deploy/.env
    home=$root/srv/mallard
    data=$home/data
    image=$home/data.img
    key=$root/etc/mallard-data.key
    mapped=mallard-data
    device=$root/dev/mapper/$mapped
    # Mallard's user in the container.
    owner=10001
}

says() {
    printf '%s\n' "$*"
}

# What a step has done; a dry run has done nothing.
did() {
    [ -n "$dry_run" ] || says "$@"
}

stop() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# Shows a command as one could type it, and runs it.
run() {
    says "  +$(printf ' %q' "$@")"
    [ -n "$dry_run" ] || "$@"
}

# Whether something is so already. A dry run shows what a new server needs: nothing is there.
already() {
    [ -z "$dry_run" ] && "$@" >/dev/null 2>&1
}

# Writes what it is given to a file, unless that is there with just this text.
put() {
    local mode=$1 path=$2 text
    text=$(cat)
    if already cmp -s "$path" <(printf '%s\n' "$text"); then
        return
    fi
    says "  + write $path (mode $mode)"
    if [ -n "$dry_run" ]; then
        local line
        while IFS= read -r line; do says "  | $line"; done <<<"$text"
    else
        printf '%s\n' "$text" | install -D -m "$mode" /dev/stdin "$path"
    fi
}

# Adds a line to a file, unless one that begins with the same word is there.
add_line() {
    local path=$1 line=$2
    if already grep -q "^${line%% *}[[:space:]]" "$path"; then
        return
    fi
    says "  + add to $path: $line"
    [ -n "$dry_run" ] || printf '%s\n' "$line" >>"$path"
}

install_packages() {
    run apt-get install -y -q --no-install-recommends "$@"
}

compose() {
    docker compose -f "$compose_file" "$@"
}

run_compose() {
    run docker compose -f "$compose_file" "$@"
}

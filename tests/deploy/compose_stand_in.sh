#!/usr/bin/env bash
# Stands in for `docker compose`: what would run in the container runs here, on $MM_DATA.
set -eu
shift 3 # compose -f FILE
printf '%s\n' "$*" >>"$MM_ROOT/.asked"
case $* in
    "exec -T mallard mallard "*) shift 4 ;;
    "run --rm --no-deps -T mallard "*) shift 5 ;;
    *) exit 0 ;;
esac
[ -z "${MM_CUT_OFF_AFTER:-}" ] || exec > >(head -c "$MM_CUT_OFF_AFTER")
"$MM_PYTHON" -m mallard "$@"

# shellcheck shell=bash
# Builds the images and starts Mallard behind Caddy.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[ -n "$dry_run" ] || mountpoint -q "$data" || stop "$data is not mounted; first do --step luks"
[ -n "$dry_run" ] || [ -e "$settings" ] || stop "$settings is missing; first do --step secrets"

# In its container Caddy is root without root's privileges: it reads what everybody may read.
run chmod -R a+rX "$deploy/Caddyfile" "$deploy/caddy"
run_compose build
run_compose up -d --wait --wait-timeout 300
did "Mallard runs, and starts with the server."

# shellcheck shell=bash
# deploy/.env: what was asked for, and secrets that nobody has to think of. Nothing set is changed.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ -n "$dry_run" ]; then
    says "  + write $settings (mode 0600): MM_DOMAIN, MM_EMAIL, MM_CF_TOKEN, and new secrets"
    exit
fi

example=$deploy/.env.example
new=$(mktemp "$settings.XXXXXX")
trap 'rm -f "$new"' EXIT
if [ -e "$settings" ]; then cat "$settings" >"$new"; else cat "$example" >"$new"; fi

value_in() {
    sed -n "s/^$2=//p" "$1" | tail -n 1
}

# A value counts as set unless it is empty or the example's.
is_set() {
    local value
    value=$(value_in "$new" "$1")
    [ -n "$value" ] && [ "$value" != "$(value_in "$example" "$1")" ]
}

# Where it stands. The value may hold what sed or a shell would take for something else.
set_value() {
    local line text='' is_there=
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ $line == "$1="* ]]; then
            line=$1=$2
            is_there=yes
        fi
        text+=$line$'\n'
    done <"$new"
    [ -n "$is_there" ] || text+=$1=$2$'\n'
    printf '%s' "$text" >"$new"
}

# By variable, or else by asking; a variable wins over what is there.
given() {
    local name=$1 variable=$2 pattern=$3 question=$4 value=${!2:-}
    if [ -z "$value" ]; then
        is_set "$name" && return
        [ -t 0 ] || stop "$variable is not set, and there is nobody to ask"
        read -r -p "$question: " value
    fi
    [[ $value =~ $pattern ]] || stop "\"$value\" does not look like the $question"
    [ "$(value_in "$new" "$name")" = "$value" ] || set_value "$name" "$value"
}

given DOMAIN MM_DOMAIN '^([a-z0-9-]+\.)+[a-z0-9-]+$' "domain, as analytics.example.com"
given ACME_EMAIL MM_EMAIL '^[^[:space:]"$]+@[a-z0-9.-]+$' "email address for the certificate"
given CLOUDFLARE_API_TOKEN MM_CF_TOKEN '^[A-Za-z0-9_-]+$' "Cloudflare API token"

is_set MALLARD_SECRET || set_value MALLARD_SECRET "$(openssl rand -base64 48)"
is_set MALLARD_METRICS_TOKEN || set_value MALLARD_METRICS_TOKEN "$(openssl rand -hex 32)"
is_set MALLARD_ADMIN_PASSWORD || set_value MALLARD_ADMIN_PASSWORD "$(openssl rand -hex 16)"

if cmp -s "$new" "$settings"; then
    says "$settings has everything already."
else
    says "  + write $settings (mode 0600)"
    chmod 0600 "$new"
    mv "$new" "$settings"
    says "The settings are in $settings; keep a copy of it elsewhere."
fi

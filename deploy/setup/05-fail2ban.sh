# shellcheck shell=bash
# Whoever guesses passwords, of SSH or of the dashboard, waits an hour.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Without its log no jail starts, not even that of SSH; Caddy goes on with the file.
log=$home/logs/caddy-access.log
run install -d -m 0755 "$home"
run install -d -m 0750 "$home/logs"
already test -e "$log" || run install -m 0600 /dev/null "$log"

put 0644 "$root/etc/fail2ban/filter.d/mallard-login.conf" <"$deploy/fail2ban/mallard-login.conf"
put 0644 "$root/etc/fail2ban/jail.d/mallard.conf" <"$deploy/fail2ban/jail.conf"
run systemctl enable fail2ban
run systemctl restart fail2ban
did "After 5 failures an address is locked out for an hour: fail2ban-client status mallard-login"

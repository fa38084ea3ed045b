# shellcheck shell=bash
# Closed but for SSH and the web.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Whatever port SSH is on: that door must not be shut from inside.
ports=22
run install -d -m 0755 "$root/run/sshd"
[ -n "$dry_run" ] || ports=$(sshd -T | awk '$1 == "port" { print $2 }')

run ufw default deny incoming
run ufw default allow outgoing
for port in $ports; do
    run ufw allow "$port/tcp"
done
run ufw allow 80/tcp
run ufw allow 443/tcp
run ufw allow 443/udp
run ufw --force enable
did "The firewall lets in SSH (${ports//$'\n'/, }), 80 and 443, and nothing else."

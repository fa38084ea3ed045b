# shellcheck shell=bash
# SSH by key alone, in a file beside sshd's own.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# sshd believes whoever speaks first, and cloud images have a 50-cloud-init.conf that may allow
# passwords: so this one comes before it.
drop_in=$root/etc/ssh/sshd_config.d/00-mallard-hardening.conf
put 0644 "$drop_in" <<'END'
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxAuthTries 3
LoginGraceTime 30
ClientAliveInterval 300
AllowAgentForwarding no
AllowTcpForwarding no
X11Forwarding no
END

run install -d -m 0755 "$root/run/sshd"
if ! run sshd -t; then
    run rm "$drop_in"
    stop "sshd does not take its settings any more; $drop_in is removed again"
fi
# The whole of it first: a grep that ends early would make sshd fail.
[ -n "$dry_run" ] || effective=$(sshd -T)
if [ -z "$dry_run" ] && ! grep -q '^passwordauthentication no$' <<<"$effective"; then
    stop "passwords are still taken: another file of sshd_config.d, or no Include of it in" \
        "/etc/ssh/sshd_config, comes before $drop_in"
fi
run systemctl reload-or-restart ssh
did "SSH takes keys alone, and not for root. Keep this connection until another one works."

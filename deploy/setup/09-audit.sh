# shellcheck shell=bash
# How the server stands, now and every Sunday: by vps-audit where that is installed, else by lynis.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

already command -v vps-audit || install_packages lynis

put 0755 "$root/usr/local/sbin/mallard-audit" <<'END'
#!/bin/sh
# Looks the server over, and writes what it finds.
umask 077
if command -v vps-audit >/dev/null; then
    exec vps-audit
fi
exec lynis audit system --no-colors --quick
END
put 0644 "$root/etc/cron.d/mallard-audit" <<'END'
# Sundays at 03:00. The last report is in /var/log/vps-audit.log.
0 3 * * 0 root /usr/local/sbin/mallard-audit >/var/log/vps-audit.log 2>&1
END

report=$home/vps-audit-initial-$(date +%Y%m%d).log
[ -z "$dry_run" ] || report=$home/vps-audit-initial-DATE.log
says "  + /usr/local/sbin/mallard-audit > $report"
if [ -z "$dry_run" ]; then
    # Findings make its exit code: they are to be read, and stop nothing.
    (umask 077 && "$root/usr/local/sbin/mallard-audit" >"$report" 2>&1) ||
        says "The audit ended with findings, or early: see $report"
fi
did "Read $report; every Sunday there is a new one in /var/log/vps-audit.log."

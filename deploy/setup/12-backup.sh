# shellcheck shell=bash
# A backup every night, encrypted as the volume is, and the oldest ones swept away.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

backup_key=$root/etc/mallard-backup.key
if ! already test -e "$backup_key"; then
    run install -m 0400 /dev/null "$backup_key.new"
    run openssl rand -hex -out "$backup_key.new" 32
    run mv "$backup_key.new" "$backup_key"
fi
run install -d -m 0700 "$home/backup"
put 0644 "$root/etc/cron.d/mallard-backup" <<END
# Every day at 02:30; what it says is in the system's log: journalctl -t mallard-backup
30 2 * * * root bash $(printf '%q' "$deploy/backup.sh") 2>&1 | logger -t mallard-backup
END
did "Every night there is a backup in $home/backup; 14 are kept. Copy them off the server, and
$backup_key once, elsewhere. To go back to one: sudo bash deploy/restore.sh FILE"

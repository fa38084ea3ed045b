# shellcheck shell=bash
# What the kernel need not do for strangers.
# shellcheck source=deploy/setup/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

file=$root/etc/sysctl.d/99-mallard-hardening.conf
put 0644 "$file" <<'END'
net.ipv4.tcp_syncookies = 1
net.ipv4.conf.all.rp_filter = 1
net.ipv4.conf.default.rp_filter = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.default.accept_redirects = 0
kernel.dmesg_restrict = 1
kernel.unprivileged_bpf_disabled = 1
net.core.bpf_jit_harden = 2
fs.suid_dumpable = 0
END
# A kernel that lacks one of them, as for IPv6, shall still have the others.
run sysctl -q -e -p "$file"
did "The kernel's settings are in $file."

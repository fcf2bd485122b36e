#!/bin/sh
# Package:  mosquitto 2.0.11 of Debian 12, mosquitto 2.0.21 of Debian 13
# Expected: `systemctl reload mosquitto` works on every system on which the package can be installed.
# Seen:     its unit has ExecReload=/bin/kill, a program of procps, on which the package does not depend. On a minimal system the reload fails
#           with 203/EXEC, and passwords that were written meanwhile are not read: new clients are refused.
# airgrid:  touched: the gateway writes passwords of nodes and has them read by a reload. Guard: bundles bring procps (tools/dist/debs.py);
#           hil_tests/tests/test_installed_machine.py::test_a_node_reports_by_the_gateway_to_the_fleet_under_their_units
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -q mosquitto >/dev/null 2>&1
dpkg-deb -x mosquitto_*.deb root
depends=$(dpkg-deb -f mosquitto_*.deb Depends Pre-Depends Recommends)
echo "$depends"
grep -r "^ExecReload=/bin/kill" root
case "$depends" in *procps*) exit 1 ;; esac

#!/bin/sh
# Takes the timer away again, as root. The history stays, and so does the certificate: see the last lines.
set -eu
@USAGE@
if [ -e /etc/systemd/system/maascan.timer ]; then systemctl disable --now maascan.timer; fi
rm -f /etc/systemd/system/maascan.timer /etc/systemd/system/maascan.service
systemctl daemon-reload
rm -rf /var/cache/maascan /var/cache/private/maascan
@KEPT@
printf 'the history is kept in %s\n' @STORE@

#!/bin/sh
# Installs the timer. Read it, then run it as root, in the folder that holds the other files of: maascan schedule systemd
# It has to be there already:
#   /etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
if grep -n 'REPLACE_' maascan.service; then
  echo 'first replace what is marked' >&2
  exit 1
fi
test -x @BINARY@
chown root:root /etc/maascan /etc/maascan/*
chmod 0700 /etc/maascan
chmod 0600 /etc/maascan/*
@MAKING@
systemd-analyze verify ./maascan.service ./maascan.timer
install -m 0644 maascan.service maascan.timer /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now maascan.timer
systemctl list-timers maascan.timer
# To try it now:  systemctl start maascan.service; journalctl -u maascan.service

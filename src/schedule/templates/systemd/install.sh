#!/bin/sh
# Installs the timer, or brings it up to date: it may be run again. Read it, then run it as root, in the folder that holds the
# other files of: maascan schedule systemd
# It has to be there already:
#   /etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
@STOP@
if grep -n 'REPLACE_' maascan.service; then stop 'first replace what is marked'; fi
[ -x @BINARY@ ] || stop 'there is no program at' @BINARY@': put it there, or say where it is with --binary'
if grep -q '^LoadCredential=certificate:' maascan.service; then
  [ -s /etc/maascan/certificate.pem ] || stop 'there is no certificate at /etc/maascan/certificate.pem'
fi
install -d -m 0700 -o root -g root /etc/maascan
for file in /etc/maascan/certificate.pem /etc/maascan/notify-url; do
  if [ -e "$file" ]; then
    chown root:root "$file"
    chmod 0600 "$file"
  fi
done
@MAKING@
systemd-analyze verify ./maascan.service ./maascan.timer
install -m 0644 maascan.service maascan.timer /etc/systemd/system/
systemctl daemon-reload
systemctl enable maascan.timer
systemctl restart maascan.timer
systemctl list-timers maascan.timer
# To try it now:  systemctl start maascan.service; journalctl -u maascan.service

#!/bin/sh
# Installs the job. Read it, then run it as root, in the folder that holds the other files of: maascan schedule cron
# It has to be there already:
#   /etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
if grep -n 'REPLACE_' maascan-weekly.sh; then
  echo 'first replace what is marked' >&2
  exit 1
fi
test -x @BINARY@
command -v flock
if ! id -u maascan >/dev/null 2>&1; then
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin maascan
fi
chown root:maascan /etc/maascan /etc/maascan/*
chmod 0750 /etc/maascan
chmod 0440 /etc/maascan/*
install -d -m 0700 -o maascan -g maascan -- @STORE@ /var/cache/maascan
install -d -m 0755 /usr/local/libexec
install -m 0755 maascan-weekly.sh /usr/local/libexec/maascan-weekly
install -m 0644 maascan.cron /etc/cron.d/maascan
# To try it now:  runuser -u maascan -- /usr/local/libexec/maascan-weekly

#!/bin/sh
# Installs the job, or brings it up to date: it may be run again. Read it, then run it as root, in the folder that holds the
# other files of: maascan schedule cron
# It has to be there already:
#   /etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
@STOP@
if grep -n 'REPLACE_' maascan-weekly.sh; then stop 'first replace what is marked'; fi
[ -x @BINARY@ ] || stop 'there is no program at' @BINARY@': put it there, or say where it is with --binary'
command -v flock >/dev/null || stop 'there is no flock: install util-linux'
if grep -q '^export AZURE_CLIENT_CERTIFICATE_PATH=' maascan-weekly.sh; then
  [ -s /etc/maascan/certificate.pem ] || stop 'there is no certificate at /etc/maascan/certificate.pem'
fi
if ! id -u maascan >/dev/null 2>&1; then
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin maascan
fi
install -d -m 0750 -o root -g maascan /etc/maascan
for file in /etc/maascan/certificate.pem /etc/maascan/notify-url; do
  if [ -e "$file" ]; then
    chown root:maascan "$file"
    chmod 0440 "$file"
  fi
done
install -d -m 0700 -o maascan -g maascan /var/cache/maascan
@MAKE@
install -d -m 0755 /usr/local/libexec
install -m 0755 maascan-weekly.sh /usr/local/libexec/maascan-weekly
install -m 0644 maascan.cron /etc/cron.d/maascan
# To try it now:  runuser -u maascan -- /usr/local/libexec/maascan-weekly

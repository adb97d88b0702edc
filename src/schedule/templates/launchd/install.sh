#!/bin/sh
# Installs the job, or brings it up to date: it may be run again, and ends a run that goes on meanwhile. Read it, then run it
# with sudo, in the folder that holds the other files of: maascan schedule launchd
# Written after the manual pages of macOS, and not run on a Mac by this project.
# It has to be there already:
#   /usr/local/etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /usr/local/etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
@STOP@
if grep -n 'REPLACE_' maascan-weekly.sh; then stop 'first replace what is marked'; fi
[ -x @BINARY@ ] || stop 'there is no program at' @BINARY@': put it there, or say where it is with --binary'
if grep -q '^export AZURE_CLIENT_CERTIFICATE_PATH=' maascan-weekly.sh; then
  [ -s /usr/local/etc/maascan/certificate.pem ] || stop 'there is no certificate at /usr/local/etc/maascan/certificate.pem'
fi
plutil -lint maascan.weekly.plist
if ! id -u _maascan >/dev/null 2>&1; then
  # Role accounts have numbers from 200 to 400.
  number=400
  while dscl . -search /Users UniqueID "$number" | grep -q .; do number=$((number - 1)); done
  sysadminctl -addUser _maascan -fullName maascan -UID "$number" -shell /usr/bin/false -roleAccount
fi
install -d -m 0500 -o _maascan -g wheel /usr/local/etc/maascan
for file in /usr/local/etc/maascan/certificate.pem /usr/local/etc/maascan/notify-url; do
  if [ -e "$file" ]; then
    chown _maascan:wheel "$file"
    chmod 0400 "$file"
  fi
done
install -d -m 0755 -o root -g wheel /usr/local/libexec
install -d -m 0700 -o _maascan -g wheel /usr/local/var/maascan /usr/local/var/maascan/cache
@MAKE@
install -m 0755 -o root -g wheel maascan-weekly.sh /usr/local/libexec/maascan-weekly
install -m 0644 -o root -g wheel maascan.weekly.plist /Library/LaunchDaemons/maascan.weekly.plist
# A job that is loaded already is not loaded again; it takes a moment to go.
if launchctl print system/maascan.weekly >/dev/null 2>&1; then
  launchctl bootout system/maascan.weekly || true
  tries=0
  while launchctl print system/maascan.weekly >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -ge 30 ]; then stop 'the job that is loaded does not end; run this again'; fi
    sleep 1
  done
fi
launchctl bootstrap system /Library/LaunchDaemons/maascan.weekly.plist
# To try it now:  sudo launchctl kickstart system/maascan.weekly

#!/bin/sh
# Installs the job. Read it, then run it with sudo, in the folder that holds the other files of: maascan schedule launchd
# Written after the manual pages of macOS, and not run on a Mac by this project.
# It has to be there already:
#   /usr/local/etc/maascan/certificate.pem  certificate and private key in PEM; "maascan permissions --script azure-cli" makes one
#   /usr/local/etc/maascan/notify-url       one line, the address that notices go to; leave it out for none
set -eu
if grep -n 'REPLACE_' maascan-weekly.sh; then
  echo 'first replace what is marked' >&2
  exit 1
fi
test -x @BINARY@
plutil -lint maascan.weekly.plist
if ! id -u _maascan >/dev/null 2>&1; then
  # Role accounts have numbers from 200 to 400.
  number=400
  while dscl . -search /Users UniqueID "$number" | grep -q .; do number=$((number - 1)); done
  sysadminctl -addUser _maascan -fullName maascan -UID "$number" -shell /usr/bin/false -roleAccount
fi
chown _maascan:wheel /usr/local/etc/maascan /usr/local/etc/maascan/*
chmod 0500 /usr/local/etc/maascan
chmod 0400 /usr/local/etc/maascan/*
install -d -m 0755 -o root -g wheel /usr/local/libexec
install -d -m 0700 -o _maascan -g wheel /usr/local/var/maascan /usr/local/var/maascan/cache @STORE@
install -m 0755 -o root -g wheel maascan-weekly.sh /usr/local/libexec/maascan-weekly
install -m 0644 -o root -g wheel maascan.weekly.plist /Library/LaunchDaemons/maascan.weekly.plist
launchctl bootstrap system /Library/LaunchDaemons/maascan.weekly.plist
# To try it now:  sudo launchctl kickstart system/maascan.weekly

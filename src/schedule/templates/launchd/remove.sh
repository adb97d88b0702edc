#!/bin/sh
# Takes the job away again, with sudo. The history stays: see the last line.
set -eu
launchctl bootout system/maascan.weekly
rm -f /Library/LaunchDaemons/maascan.weekly.plist /usr/local/libexec/maascan-weekly
# The certificate and the address of the notice. Take the certificate from the application in Entra ID as well.
rm -rf /usr/local/etc/maascan /usr/local/var/maascan/cache
printf 'the history is kept in %s, and so is its owner, the user _maascan\n' @STORE@

#!/bin/sh
# Takes the job away again, with sudo. The history stays, and so does the certificate: see the last lines.
set -eu
@USAGE@
if launchctl print system/maascan.weekly >/dev/null 2>&1; then launchctl bootout system/maascan.weekly; fi
rm -f /Library/LaunchDaemons/maascan.weekly.plist /usr/local/libexec/maascan-weekly
rm -rf /usr/local/var/maascan/cache
@KEPT@
printf 'the history is kept in %s, and so is its owner, the user _maascan\n' @STORE@

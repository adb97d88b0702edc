#!/bin/sh
# Takes the job away again, as root. The history stays, and so does the certificate: see the last lines.
set -eu
@USAGE@
rm -f /etc/cron.d/maascan /usr/local/libexec/maascan-weekly
rm -rf /var/cache/maascan
@KEPT@
printf 'the history is kept in %s, and so is its owner, the user maascan\n' @STORE@

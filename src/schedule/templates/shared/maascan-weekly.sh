#!/bin/sh
# Reads a Microsoft Intune tenant, keeps the run in the store, and speaks up when something is new. It only reads the tenant.
# Quiet when there is nothing to say: what it prints is meant to be read.
set -u
umask 077
@LOCK@
folder=@FOLDER@
# Sign-in with a certificate, which has to be renewed before it ends. On an Azure virtual machine with a managed identity leave
# out these three lines, except AZURE_CLIENT_ID for a user-assigned one.
export AZURE_TENANT_ID=@TENANT@
export AZURE_CLIENT_ID=@CLIENT@
export AZURE_CLIENT_CERTIFICATE_PATH="$folder/certificate.pem"
export XDG_CACHE_HOME=@CACHE@
# The address of the notice is a secret: it is in a file that only the user of this job can read, and in no argument.
if [ -s "$folder/notify-url" ]; then
  MAASCAN_NOTIFY_URL=$(cat "$folder/notify-url")
  export MAASCAN_NOTIFY_URL
fi
# Status 4 (sign-in, network) is tried again after ten minutes, and after half an hour.
for pause in 600 1800 0; do
  status=0
  output=$(@BINARY@ @ARGUMENTS@ 2>&1) || status=$?
  if [ "$status" -ne 4 ] || [ "$pause" -eq 0 ]; then break; fi
  sleep "$pause"
done
case $status in
0) exit 0 ;;
1) echo 'maascan: something new at or above --fail-on; the run was carried out and kept' ;;
3) echo 'maascan: the run was kept, but a dataset could not be read whole' ;;
*) echo "maascan: the run was not carried out, status $status" ;;
esac
printf '%s\n' "$output"
# 1 is no failure of the run. It comes before 3, so what is printed may name a dataset that could not be read as well.
[ "$status" -eq 1 ] || exit "$status"

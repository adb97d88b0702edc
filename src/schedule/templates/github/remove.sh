#!/bin/sh
# Takes the sign-in away again; delete .github/workflows/maascan.yml in the repository as well. The history stays in its blob.
set -eu
repository=REPLACE_OWNER/REPLACE_REPOSITORY
client=@CLIENT@
account=@ACCOUNT@
az cloud set --name @AZURE@
@UNTRUST@
@RELEASE@
if gh secret list --repo "$repository" | grep -q '^MAASCAN_NOTIFY_URL'; then
  gh secret delete MAASCAN_NOTIFY_URL --repo "$repository"
fi
echo 'the history is kept in the container maascan of the storage account; the application may no longer read or write it'

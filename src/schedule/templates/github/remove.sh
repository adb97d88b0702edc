#!/bin/sh
# Takes the sign-in away again; delete .github/workflows/maascan.yml in the repository as well. The history stays in its blob.
set -eu
repository=REPLACE_OWNER/REPLACE_REPOSITORY
client=@CLIENT@
az cloud set --name @AZURE@
az ad app federated-credential delete --id "$client" --federated-credential-id maascan-github
gh secret delete MAASCAN_NOTIFY_URL --repo "$repository"
echo 'the history is kept in the container maascan of the storage account; the application still may write it'

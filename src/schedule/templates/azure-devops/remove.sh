#!/bin/sh
# Takes the sign-in away again; delete the pipeline and the service connection in Azure DevOps as well. The history stays in its
# blob.
set -eu
client=REPLACE_CLIENT_ID
az cloud set --name @AZURE@
az ad app federated-credential delete --id "$client" --federated-credential-id maascan-azure-devops
echo 'the history is kept in the container maascan of the storage account; the application still may write it'

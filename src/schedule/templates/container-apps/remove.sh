#!/bin/sh
# Takes the job and the identity away again, and with it every permission it held. The history stays in the share.
set -eu
group=REPLACE_RESOURCE_GROUP
environment=REPLACE_ENVIRONMENT
az cloud set --name @AZURE@
az containerapp job delete --resource-group "$group" --name maascan --yes
az containerapp env storage remove --resource-group "$group" --name "$environment" --storage-name maascan --yes
az identity delete --resource-group "$group" --name maascan
echo 'the history is kept in the share maascan of the storage account'

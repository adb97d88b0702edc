#!/bin/sh
# Takes the job and the identity away again, and with it every permission it held. The history stays in the share.
set -eu
group=REPLACE_RESOURCE_GROUP
environment=REPLACE_ENVIRONMENT
az cloud set --name @AZURE@
jobs=$(az containerapp job list --resource-group "$group" --query "[?name=='maascan'].name" --output tsv)
if [ -n "$jobs" ]; then
  az containerapp job delete --resource-group "$group" --name maascan --yes
fi
shares=$(az containerapp env storage list --resource-group "$group" --name "$environment" --query "[?name=='maascan'].name" --output tsv)
if [ -n "$shares" ]; then
  az containerapp env storage remove --resource-group "$group" --name "$environment" --storage-name maascan --yes
fi
# What the identity was assigned in Azure (AcrPull) would stay behind under a number; what it held on Microsoft Graph does not.
principal=$(az identity list --resource-group "$group" --query "[?name=='maascan'].principalId" --output tsv)
if [ -n "$principal" ]; then
  assigned=$(az role assignment list --all --assignee "$principal" --query '[].id' --output tsv)
  for assignment in $assigned; do
    az role assignment delete --ids "$assignment"
  done
  az identity delete --resource-group "$group" --name maascan
fi
echo 'the history is kept in the share maascan of the storage account, and the image in the registry'

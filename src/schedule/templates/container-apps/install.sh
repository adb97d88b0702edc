#!/bin/sh
# Makes the identity, the share and the job. Read it, then run it with az, in the folder that holds the other files of:
# maascan schedule container-apps. az login as owner of the resource group, and as Privileged Role Administrator for the
# permissions on Microsoft Graph, which only read:
@NAMES@
# It has to be there already: the resource group, an environment of Container Apps, a registry, a storage account.
# Written after the documentation of the Azure CLI, and not run against a tenant by this project.
set -eu
umask 077
group=REPLACE_RESOURCE_GROUP
environment=REPLACE_ENVIRONMENT
registry=REPLACE_REGISTRY # its name, without a domain
source=REPLACE_SOURCE # folder of the source of maascan
account=@ACCOUNT@
image=@IMAGE_SHELL@ # within that registry: NAME.azurecr.io/maascan:1
if grep -n "[=']REPLACE_" "$0" || grep -n 'sha256:REPLACE_' Dockerfile || grep -n '"REPLACE_' job.yaml; then
  echo 'first replace what is marked' >&2
  exit 1
fi
az cloud set --name @AZURE@

# Who signs in: an identity that nobody holds a secret of.
identity=$(az identity create --resource-group "$group" --name maascan --query id --output tsv)
client=$(az identity show --ids "$identity" --query clientId --output tsv)
principal=$(az identity show --ids "$identity" --query principalId --output tsv)
graph=$(az ad sp show --id 00000003-0000-0000-c000-000000000000 --query id --output tsv)
for role in @ROLES@; do
  az rest --method POST --uri @GRAPH@"/v1.0/servicePrincipals/$principal/appRoleAssignments" \
    --headers Content-Type=application/json --output none \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$graph\",\"appRoleId\":\"$role\"}"
done
az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal --role AcrPull \
  --scope "$(az acr show --name "$registry" --query id --output tsv)" --output none

# The image is built in the registry.
az acr build --registry "$registry" --image "${image#*/}" --file Dockerfile "$source"

# The store. Container Apps mounts such a share with the key of the account, which the environment keeps; the job never sees it.
# Without a key there is NFS: a premium account in the network of the environment, and --storage-type NfsAzureFile.
az storage share-rm create --resource-group "$group" --storage-account "$account" --name maascan --quota 5 --output none
key=$(az storage account keys list --resource-group "$group" --account-name "$account" --query '[0].value' --output tsv)
az containerapp env storage set --resource-group "$group" --name "$environment" --storage-name maascan --storage-type AzureFile \
  --azure-file-account-name "$account" --azure-file-account-key "$key" --azure-file-share-name maascan --access-mode ReadWrite \
  --output none

place=$(az containerapp env show --resource-group "$group" --name "$environment" --query location --output tsv)
target=$(az containerapp env show --resource-group "$group" --name "$environment" --query id --output tsv)
server=$(az acr show --name "$registry" --query loginServer --output tsv)
filled=$(mktemp)
trap 'rm -f "$filled"' EXIT
sed -e "s|REPLACE_LOCATION|$place|" -e "s|REPLACE_IDENTITY_ID|$identity|" -e "s|REPLACE_ENVIRONMENT_ID|$target|" \
  -e "s|REPLACE_REGISTRY_SERVER|$server|" -e "s|REPLACE_CLIENT_ID|$client|" job.yaml >"$filled"
az containerapp job create --resource-group "$group" --name maascan --yaml "$filled" --output none

# The address that notices go to, from a file of one line, if there is one. It is a secret of the job.
if [ -s notify-url ]; then
  az containerapp job secret set --resource-group "$group" --name maascan --secrets "notify-url=$(cat notify-url)" --output none
  az containerapp job update --resource-group "$group" --name maascan --output none \
    --set-env-vars MAASCAN_NOTIFY_URL=secretref:notify-url
fi
echo "to try it now: az containerapp job start --resource-group $group --name maascan"

#!/bin/sh
# Makes the identity, the share and the job, or brings them up to date. Read it, then run it with az, in the folder that holds
# the other files of: maascan schedule container-apps. az login as owner of the resource group, and as Privileged Role
# Administrator for the permissions on Microsoft Graph, which only read:
@NAMES@
# If it stops because the new identity is not known everywhere yet, run it again: what is done already is not done twice.
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
@STOP@
if grep -n "[=']REPLACE_" "$0" || grep -n 'sha256:REPLACE_' Dockerfile || grep -n '"REPLACE_' job.yaml; then
  stop 'first replace what is marked'
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
az cloud set --name @AZURE@

# Who signs in: an identity that nobody holds a secret of.
identity=$(az identity create --resource-group "$group" --name maascan --query id --output tsv)
client=$(az identity show --ids "$identity" --query clientId --output tsv)
principal=$(az identity show --ids "$identity" --query principalId --output tsv)
graph=$(az ad sp show --id 00000003-0000-0000-c000-000000000000 --query id --output tsv)
roles=@GRAPH@"/v1.0/servicePrincipals/$principal/appRoleAssignments"
granted=$(az rest --method GET --uri "$roles" --query "value[?resourceId=='$graph'].appRoleId" --output tsv)
for role in @ROLES@; do
  case $granted in
  *"$role"*) continue ;;
  esac
  az rest --method POST --uri "$roles" --headers Content-Type=application/json --output none \
    --body "{\"principalId\":\"$principal\",\"resourceId\":\"$graph\",\"appRoleId\":\"$role\"}"
done
images=$(az acr show --name "$registry" --query id --output tsv)
az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal --role AcrPull \
  --scope "$images" --output none

# The image is built in the registry.
az acr build --registry "$registry" --image "${image#*/}" --file Dockerfile "$source"

# The store. Container Apps mounts such a share with the key of the account, which the environment keeps; the job never sees it.
# Without a key there is NFS: a premium account in the network of the environment, and --storage-type NfsAzureFile.
az storage share-rm create --resource-group "$group" --storage-account "$account" --name maascan --quota 5 --output none
# Secrets reach az through files: the arguments of a command can be read by everybody on this machine.
az storage account keys list --resource-group "$group" --account-name "$account" --query '[0].value' --output tsv >"$work/key"
az containerapp env storage set --resource-group "$group" --name "$environment" --storage-name maascan --storage-type AzureFile \
  --azure-file-account-name "$account" --azure-file-account-key "@$work/key" --azure-file-share-name maascan --access-mode ReadWrite \
  --output none

place=$(az containerapp env show --resource-group "$group" --name "$environment" --query location --output tsv)
target=$(az containerapp env show --resource-group "$group" --name "$environment" --query id --output tsv)
server=$(az acr show --name "$registry" --query loginServer --output tsv)
sed -e "s|REPLACE_LOCATION|$place|" -e "s|REPLACE_IDENTITY_ID|$identity|" -e "s|REPLACE_ENVIRONMENT_ID|$target|" \
  -e "s|REPLACE_REGISTRY_SERVER|$server|" -e "s|REPLACE_CLIENT_ID|$client|" job.yaml >"$work/job.yaml"
jobs=$(az containerapp job list --resource-group "$group" --query "[?name=='maascan'].name" --output tsv)
if [ -z "$jobs" ]; then
  az containerapp job create --resource-group "$group" --name maascan --yaml "$work/job.yaml" --output none
else
  az containerapp job update --resource-group "$group" --name maascan --yaml "$work/job.yaml" --output none
fi

# The address that notices go to, from a file of one line, if there is one. It is a secret of the job, and stays one.
if [ -s notify-url ]; then
  az containerapp job secret set --resource-group "$group" --name maascan --secrets notify-url=@notify-url --output none
fi
known=$(az containerapp job secret list --resource-group "$group" --name maascan --query "[?name=='notify-url'].name" --output tsv)
if [ -n "$known" ]; then
  az containerapp job update --resource-group "$group" --name maascan --output none \
    --set-env-vars MAASCAN_NOTIFY_URL=secretref:notify-url
fi
echo "to try it now: az containerapp job start --resource-group $group --name maascan"

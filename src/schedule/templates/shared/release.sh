application=$(az ad sp show --id "$client" --query id --output tsv)
storage=$(az storage account show --name "$account" --query id --output tsv)
assigned=$(az role assignment list --assignee "$application" --role 'Storage Blob Data Contributor' \
  --scope "$storage/blobServices/default/containers/maascan" --query '[0].id' --output tsv)
if [ -n "$assigned" ]; then
  az role assignment delete --ids "$assigned"
fi

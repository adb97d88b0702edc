account=@ACCOUNT@
az cloud set --name @AZURE@
# One container: the history, and the program. Earlier versions stay for 90 days.
az storage account blob-service-properties update --account-name "$account" --enable-versioning true \
  --enable-delete-retention true --delete-retention-days 90 --output none
az storage container create --account-name "$account" --name maascan --auth-mode login --public-access off --output none
scope=$(az storage account show --name "$account" --query id --output tsv)/blobServices/default/containers/maascan
principal=$(az ad sp show --id "$client" --query id --output tsv)
# This container, and nothing else in Azure.
az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
  --role 'Storage Blob Data Contributor' --scope "$scope" --output none
# Built with: cargo build --locked --release, on a Linux that is not newer than the one of the runner.
az storage blob upload --account-name "$account" --container-name maascan --name maascan --file "$binary" \
  --auth-mode login --overwrite true --output none
echo "MAASCAN_SHA256 is: $(sha256sum "$binary" | cut -d ' ' -f 1)"

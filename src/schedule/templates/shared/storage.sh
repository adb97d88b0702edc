# One container: the history, and the program. Earlier versions stay for 90 days.
storage=$(az storage account show --name "$account" --query id --output tsv)
az storage account blob-service-properties update --account-name "$account" --enable-versioning true \
  --enable-delete-retention true --delete-retention-days 90 --output none
az storage container-rm create --storage-account "$storage" --name maascan --public-access off --output none
# The application may write this container, and nothing else in Azure. So may whoever runs this: an Owner alone may not.
application=$(az ad sp show --id "$client" --query id --output tsv)
myself=$(az ad signed-in-user show --query id --output tsv)
for who in "$application ServicePrincipal" "$myself User"; do
  az role assignment create --assignee-object-id "${who% *}" --assignee-principal-type "${who#* }" \
    --role 'Storage Blob Data Contributor' --scope "$storage/blobServices/default/containers/maascan" --output none
done
# The program, built with: cargo build --locked --release, on a Linux that is not newer than the one that runs it. A role holds
# only after some minutes, so this is tried for ten.
tries=1
until az storage blob upload --account-name "$account" --container-name maascan --name maascan --file "$binary" \
  --auth-mode login --overwrite true --only-show-errors --output none; do
  if [ "$tries" -ge 20 ]; then stop 'the program could not be written into the container; run this again later'; fi
  echo 'the role does not hold yet; tried again in half a minute' >&2
  tries=$((tries + 1))
  sleep 30
done
echo "MAASCAN_SHA256 is: $(sha256sum "$binary" | cut -d ' ' -f 1)"

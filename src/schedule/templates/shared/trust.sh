# Made, or brought up to date if an earlier run of this script made it.
trust="\"issuer\":\"$issuer\",\"subject\":\"$subject\",\"audiences\":[\"api://AzureADTokenExchange\"]"
trusted=$(az ad app federated-credential list --id "$client" --query "[?name=='@CREDENTIAL@'].id" --output tsv)
if [ -z "$trusted" ]; then
  az ad app federated-credential create --id "$client" --output none --parameters "{\"name\":\"@CREDENTIAL@\",$trust}"
else
  az ad app federated-credential update --id "$client" --federated-credential-id "$trusted" --output none --parameters "{$trust}"
fi

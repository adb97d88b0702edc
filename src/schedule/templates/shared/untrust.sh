trusted=$(az ad app federated-credential list --id "$client" --query "[?name=='@CREDENTIAL@'].id" --output tsv)
if [ -n "$trusted" ]; then
  az ad app federated-credential delete --id "$client" --federated-credential-id "$trusted"
fi

#!/bin/sh
# Prepares the sign-in and the place of the history. Read it, then run it with az (az login, as owner of the storage account and
# of the application) and gh. The application is the one of "maascan permissions --script azure-cli"; the certificate which
# that makes is not needed here: leave it out.
# Written after the documentation of these tools, and not run against a tenant by this project.
set -eu
repository=REPLACE_OWNER/REPLACE_REPOSITORY
branch=main
client=@CLIENT@
binary=REPLACE_PROGRAM # path of the program
if grep -n "[='/]REPLACE_" "$0"; then
  echo 'first replace what is marked' >&2
  exit 1
fi
@STORAGE@
# Only jobs of this branch of this repository.
az ad app federated-credential create --id "$client" --output none --parameters "{\"name\":\"maascan-github\",
  \"issuer\":\"https://token.actions.githubusercontent.com\",\"subject\":\"repo:$repository:ref:refs/heads/$branch\",
  \"audiences\":[\"api://AzureADTokenExchange\"]}"
# Asks for the address that notices go to; an empty one sends none.
gh secret set MAASCAN_NOTIFY_URL --repo "$repository"
echo 'write MAASCAN_SHA256 into maascan.yml, commit it as .github/workflows/maascan.yml, and try it: gh workflow run maascan.yml'

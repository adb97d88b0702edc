#!/bin/sh
# Prepares the sign-in and the place of the history; it may be run again. Read it, then run it with gh, and with az: az login as
# owner of the application, and as Owner of the storage account, who may give the role that writing blobs takes. The
# application is the one of "maascan permissions --script azure-cli"; the certificate which that makes is not needed here:
# leave it out.
# Written after the documentation of these tools, and not run against a tenant by this project.
set -eu
repository=REPLACE_OWNER/REPLACE_REPOSITORY
branch=main
client=@CLIENT@
account=@ACCOUNT@
binary=REPLACE_PROGRAM # path of the program
# Only jobs of this branch of this repository. If Entra ID refuses the sign-in with AADSTS700213, its message names the subject
# that GitHub gives to this repository: write that here, and run this again.
subject=repo:$repository:ref:refs/heads/$branch
issuer=https://token.actions.githubusercontent.com
@STOP@
if grep -n "[='/]REPLACE_" "$0"; then stop 'first replace what is marked'; fi
[ -r "$binary" ] || stop "there is no program at $binary"
az cloud set --name @AZURE@
@TRUST@
@STORAGE@
# Asks for the address that notices go to; an empty one sends none.
gh secret set MAASCAN_NOTIFY_URL --repo "$repository"
echo 'write MAASCAN_SHA256 into maascan.yml, commit it as .github/workflows/maascan.yml, and try it: gh workflow run maascan.yml'

#!/bin/sh
# Prepares the sign-in and the place of the history; it may be run again. Read it, then run it with az: az login as owner of the
# application, and as Owner of the storage account, who may give the role that writing blobs takes. The application is the one
# of "maascan permissions --script azure-cli"; the certificate which that makes is not needed here: leave it out.
# First, in Azure DevOps: project settings, service connections, new, Azure Resource Manager, app registration or managed
# identity (manual), workload identity federation, with the tenant and the app id. The form shows an issuer and a subject: put
# them in below; after this script has run, verify and save the connection, and let only this pipeline use it.
# Written after the documentation of these tools, and not run against a tenant by this project.
set -eu
client=REPLACE_CLIENT_ID
account=@ACCOUNT@
issuer=REPLACE_ISSUER
subject=REPLACE_SUBJECT
binary=REPLACE_PROGRAM # path of the program
@STOP@
if grep -n "[='/]REPLACE_" "$0"; then stop 'first replace what is marked'; fi
[ -r "$binary" ] || stop "there is no program at $binary"
az cloud set --name @AZURE@
@TRUST@
@STORAGE@
echo 'write MAASCAN_SHA256 and the name of the service connection into azure-pipelines.yml, commit it, and make a pipeline of it'
echo 'the address that notices go to becomes a secret variable of the pipeline, MAASCAN_NOTIFY_URL'

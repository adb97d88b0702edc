#!/bin/sh
# Takes the sign-in away again; delete the pipeline and the service connection in Azure DevOps as well. The history stays in its
# blob.
set -eu
client=REPLACE_CLIENT_ID
account=@ACCOUNT@
az cloud set --name @AZURE@
@UNTRUST@
@RELEASE@
echo 'the history is kept in the container maascan of the storage account; the application may no longer read or write it'

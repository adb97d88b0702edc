#!/bin/sh
# Takes the job and the sign-in away again. The history stays: it is in the claim maascan-store, which goes with the namespace.
set -eu
client=@CLIENT_SHELL@
kubectl --namespace maascan delete --ignore-not-found cronjob/maascan secret/maascan serviceaccount/maascan networkpolicy/maascan
az cloud set --name @AZURE@
@UNTRUST@
echo 'the history is kept in the claim maascan-store; to delete it too: kubectl delete namespace maascan'

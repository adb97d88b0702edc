#!/bin/sh
# Installs the job, or brings it up to date: it may be run again. Read it, then run it with kubectl, and az (az login, as owner
# of the application), in the folder that holds the other files of: maascan schedule kubernetes. The application is the one of
# "maascan permissions --script azure-cli"; the certificate which that makes is not needed here: leave it out.
# The cluster needs an issuer that Entra ID can reach. AKS: az aks update --enable-oidc-issuer, and then
#   az aks show --resource-group GROUP --name CLUSTER --query oidcIssuerProfile.issuerUrl --output tsv
# Written after the documentation of these tools, and not run against a cluster by this project. The image first: see Dockerfile.
set -eu
client=@CLIENT_SHELL@
image=@IMAGE_SHELL@
issuer=REPLACE_ISSUER
# Only this account of this cluster.
subject=system:serviceaccount:maascan:maascan
@STOP@
if grep -n "[=']REPLACE_" "$0" || grep -n '"REPLACE_' maascan.yaml; then stop 'first replace what is marked'; fi
az cloud set --name @AZURE@
@TRUST@
kubectl apply --filename maascan.yaml
# The address that notices go to, from a file of one line, if there is one. On the server's side, so that no annotation of the
# secret repeats it.
if [ -s notify-url ]; then
  secret=$(kubectl --namespace maascan create secret generic maascan --from-file=notify-url=notify-url --dry-run=client --output yaml)
  printf '%s\n' "$secret" | kubectl apply --server-side --force-conflicts --filename -
fi
echo "the job runs $image; to try it now: kubectl --namespace maascan create job --from=cronjob/maascan maascan-now"

# The certificate with its private key, and the address of the notice: whoever installs this again needs them.
if [ "${1-}" = --purge ]; then
  rm -f @FOLDER@/certificate.pem @FOLDER@/notify-url
  if [ -d @FOLDER@ ]; then rmdir @FOLDER@ || true; fi
  echo 'the certificate and its key are deleted here; take the certificate from the application in Entra ID as well'
else
  printf 'the certificate, its key and the address of the notice are kept in %s; remove.sh --purge deletes them\n' @FOLDER@
fi

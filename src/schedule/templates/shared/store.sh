# A store that is not there is made, for this user alone. One that is there is left as it is: it may be a share of others' too.
if [ ! -d @STORE@ ]; then
  install -d -m 0700 -o @USER@ -g @GROUP@ @STORE@
fi
@BECOMING@ test -w @STORE@ || stop 'the user @USER@ may not write into' @STORE@': let it, or name another store'

# What the run says names applications, and this log has more readers than the tenant: of it only the error of a
# run that was not carried out is shown. Status 4 (sign-in, network) is tried again.
for pause in 60 240 0; do
  status=0
  "$work/maascan" @ARGUMENTS@ >"$work/report.txt" 2>"$work/notes.txt" || status=$?
  if [ "$status" -ne 4 ] || [ "$pause" -eq 0 ]; then break; fi
  sleep "$pause"
done
case $status in
  0 | 1 | 3) ;;
  # None of it is a command to this runner.
  *) sed -n -e 's/##/# #/g' -e '/^error: /,$s/^/maascan: /p' "$work/notes.txt" ;;
esac

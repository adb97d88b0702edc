case ${1-} in
'' | --purge) ;;
*)
  echo 'usage: remove.sh [--purge]' >&2
  exit 2
  ;;
esac

store="$work/store"
blob=(--account-name "$STORAGE_ACCOUNT" --container-name maascan --auth-mode login --only-show-errors)
az storage blob download "${blob[@]}" --name maascan --file "$work/maascan" --no-progress --output none
# The very build that was put there, or none.
echo "$MAASCAN_SHA256  $work/maascan" | sha256sum --check --status || { echo '@ERROR@the program is not the one that MAASCAN_SHA256 names'; exit 2; }
chmod 0700 "$work/maascan"
mkdir "$store"
# A history that cannot be read is no reason to begin a new one.
case $(az storage blob exists "${blob[@]}" --name store.tar --query exists --output tsv) in
  true)
    etag=$(az storage blob show "${blob[@]}" --name store.tar --query properties.etag --output tsv)
    az storage blob download "${blob[@]}" --name store.tar --if-match "$etag" --file "$work/store.tar" --no-progress --output none
    tar --extract --no-same-owner --file "$work/store.tar" --directory "$store"
    guard=(--overwrite true --if-match "$etag")
    ;;
  false)
    echo '@WARNING@there is no history yet: this run begins it'
    guard=(--overwrite false)
    ;;
  *)
    echo '@ERROR@whether there is a history cannot be told'
    exit 4
    ;;
esac

ROOT="https://graph.microsoft.com/beta"

ask() {
  local token
  token=$(curl -s -d "grant_type=client_credentials" -d "client_secret=$SECRET" "https://login.example.org/token" | jq -r .access_token)
  curl -s -X "$1" -H "Authorization: Bearer $token" "$ROOT/$2"
}

# AUTH: unknown
case "$1" in
  role) kind=roleDefinitions ;;
  category) kind=deviceCategories ;;
esac
host=graph.microsoft.com
url="https://$host/beta"
url+="/deviceManagement/$kind/$2"
curl -X DELETE "$url" # MAA: role delete, tenantConfiguration delete

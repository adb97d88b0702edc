#!/bin/sh
# APPROVAL: broken
# PROBLEM: plain-justification
# PROBLEM: encoded-code
# PROBLEM: other-body
# PROBLEM: repeated-request
apps="https://graph.microsoft.com/beta/deviceAppManagement/mobileApps"
why=$(printf '%s' "a new version" | base64 -w0)
curl -X POST "$apps" -H "x-msft-approval-justification: we need this" -d '{"a":1}' # MAA: app create
curl --fail -X POST "$apps" -H "x-msft-approval-code: $(echo -n "$given" | base64)" -d '{"a":1}' # MAA: app create
until curl -f -X POST "$apps" -H "x-msft-approval-justification: $why" -d '{"a":1}'; do sleep 60; done # MAA: app create
curl --retry 5 --retry-all-errors -X POST "$apps" -H "x-msft-approval-justification: $why" -d '{"a":1}' # MAA: app create
curl -X POST "$apps" -H "x-msft-approval-code: $code" -d '{"a":2}' # MAA: app create
az rest --method post --url "$apps" --headers "x-msft-approval-justification=plain words here" --body '{"a":1}' # MAA: app create
for i in 1 2 3; do curl -f -X POST "$apps" -H "x-msft-approval-justification: $why" -d '{"a":1}' && break; done # MAA: app create

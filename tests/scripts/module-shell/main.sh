#!/usr/bin/env bash
# AUTH: app
source "$(dirname "$0")/lib/graph.sh"

ask GET deviceManagement/deviceCategories
ask DELETE "deviceManagement/deviceCategories/$1" # MAA: tenantConfiguration delete

resource "microsoft365_graph_beta_device_management_role_definition" "part_#1" {
  display_name = "part-#2"
  description  = "Helps site #3"
  role_permissions = [
    { allowed_resource_actions = ["Microsoft.Intune_ManagedDevices_Read"] }
  ]
}


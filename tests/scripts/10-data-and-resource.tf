# resource "microsoft365_graph_beta_device_and_app_management_win32_app" "no" {}
data "microsoft365_graph_beta_device_and_app_management_win32_app" "read" {
  id = "1"
}
resource "microsoft365_graph_beta_device_management_windows_remediation_script" "fix" { # MAA: script create
  display_name = "resource \"microsoft365_graph_beta_device_management_role_definition\" {"
}
resource "microsoft365_graph_beta_device_management_assignment_filter" "f" {}
action "microsoft365_graph_beta_device_management_managed_device_retire" "go" { # MAA: deviceRetire retire
  config { device_ids = ["1"] }
}
action "microsoft365_graph_beta_device_management_managed_device_reboot_now" "again" {
  config { device_ids = ["1"] }
}

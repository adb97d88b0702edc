resource "azurerm_resource_group" "part_#1" {
  name     = "rg-part-#2"
  location = var.location
  tags     = merge(var.tags, { part = "#3" })
}

variable "sizes_#1" {
  type    = map(number)
  default = { small = 1, large = #2 }
}


# Azure Key Vault. Terraform makes the vault and says who may do what; the ring itself is never in
# its state. ../README.md has the commands that write and rotate it. The vault holds nothing else,
# because roles are given for a whole vault.

variable "resource_group" {
  description = "Name of the resource group."
  type        = string
}

variable "location" {
  description = "Azure region, such as westeurope."
  type        = string
}

variable "reader_principal_id" {
  description = "Object id of the application's managed identity."
  type        = string
}

variable "rotator_principal_id" {
  description = "Object id of the daily job's managed identity."
  type        = string
}

data "azurerm_client_config" "current" {}

resource "azurerm_key_vault" "session_keys" {
  name                       = "shop-session-keys"
  resource_group_name        = var.resource_group
  location                   = var.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  purge_protection_enabled   = true
}

resource "azurerm_role_assignment" "read" {
  scope                = azurerm_key_vault.session_keys.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = var.reader_principal_id
}

resource "azurerm_role_assignment" "rotate" {
  scope                = azurerm_key_vault.session_keys.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.rotator_principal_id
}

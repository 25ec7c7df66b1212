variable "region" { default = "ap-guangzhou" }
variable "app_id" { type = number }
variable "quick" { default = false }

locals {
  prefix = "media"
  common = { LEVEL = "info", MODE = "none" }
}

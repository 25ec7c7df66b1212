resource "tencentcloud_scf_function" "a" {
  name    = "notify"
  handler = "index.main_handler"
  count   = 3
  cos_bucket_name = "code-1250000000"
  cos_object_name = "/notify.zip"
  timeout = var.unset
  mem_sise = 128
  environment = {
    A = var.unset
    B = local.round
  }
}
locals {
  round = local.trip
  trip  = "${local.round}!"
}
resource "tencentcloud_scf_trigger_config" "a" {
  function_name = "nobody"
  type = "timer"
}

provider "tencentcloud" {
  region = var.region
}

data "archive_file" "notify" {
  type        = "zip"
  source_dir  = "${path.module}/functions/notify"
  output_path = "${path.module}/build/notify.zip"
}

resource "tencentcloud_cos_bucket" "uploads" {
  bucket = "uploads-${var.app_id}"
}

resource "tencentcloud_scf_function" "notify" {
  name        = "${local.prefix}-notify"
  handler     = "index.main_handler"
  runtime     = "Python3.10"
  mem_size    = 256
  timeout     = var.quick ? 3 : 30
  zip_file    = data.archive_file.notify.output_path
  role        = tencentcloud_cam_role.notify.name
  vpc_id      = tencentcloud_vpc.main.id
  environment = merge(local.common, { MODE = "all", LIMITS = jsonencode({ most = 3 }) })

  layers {
    layer_name    = "sdk"
    layer_version = 1
  }
  triggers {
    name         = "nightly"
    type         = "timer"
    trigger_desc = "0 0 3 * * * *"
  }
  triggers {
    name         = "uploads-${var.app_id}.cos.ap-shanghai.myqcloud.com"
    cos_region   = "ap-shanghai"
    type         = "cos"
    trigger_desc = "{\"event\":\"cos:ObjectCreated:*\",\"filter\":{\"Prefix\":\"in/\",\"Suffix\":\".mp4\"}}"
  }
}

resource "tencentcloud_scf_function" "report" {
  name      = "${local.prefix}-report"
  namespace = "media"
  handler   = "index.main_handler"
  runtime   = "Nodejs16.13"
  zip_file  = "./report"
  environment = {
    HOST = tencentcloud_mysql_instance.db.intranet_ip
  }
}

resource "tencentcloud_scf_trigger_config" "ended" {
  function_name = tencentcloud_scf_function.notify.name
  trigger_name  = "WorkflowTaskEvent"
  type          = "mps"
  trigger_desc  = jsonencode({ eventType = "WorkflowTask" })
  enable        = "OPEN"
  qualifier     = "$DEFAULT"
}

resource "tencentcloud_scf_function_event_invoke_config" "notify" {
  function_name = tencentcloud_scf_function.notify.name
  namespace     = "default"
  async_trigger_config {
    msg_ttl = 24
    retry_config {
      retry_num = 1
    }
  }
}

resource "tencentcloud_scf_reserved_concurrency_config" "notify" {
  function_name            = tencentcloud_scf_function.notify.name
  reserved_concurrency_mem = 1024
}

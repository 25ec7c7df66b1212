region = "ap-shanghai"
app_id = 1253970226

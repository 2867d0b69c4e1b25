# AWS Secrets Manager. Terraform makes the secret and says who may do what; the ring itself is never
# in its state. ../README.md has the commands that write and rotate it.

variable "reader_role" {
  description = "Name of the IAM role of the application, or of the External Secrets Operator."
  type        = string
}

variable "rotator_role" {
  description = "Name of the IAM role of the daily job."
  type        = string
}

resource "aws_secretsmanager_secret" "session_keys" {
  name                    = "shop/session-keys"
  description             = "Key ring of sealed-session"
  recovery_window_in_days = 30
}

data "aws_iam_policy_document" "read_session_keys" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.session_keys.arn]
  }
}

data "aws_iam_policy_document" "rotate_session_keys" {
  statement {
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    resources = [aws_secretsmanager_secret.session_keys.arn]
  }
}

resource "aws_iam_role_policy" "read_session_keys" {
  name   = "read-session-keys"
  role   = var.reader_role
  policy = data.aws_iam_policy_document.read_session_keys.json
}

resource "aws_iam_role_policy" "rotate_session_keys" {
  name   = "rotate-session-keys"
  role   = var.rotator_role
  policy = data.aws_iam_policy_document.rotate_session_keys.json
}

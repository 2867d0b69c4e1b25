# Google Cloud Secret Manager. Terraform makes the secret and says who may do what; the ring itself
# is never in its state. ../README.md has the commands that write and rotate it.

variable "reader_member" {
  description = "The application, such as serviceAccount:shop@PROJECT.iam.gserviceaccount.com."
  type        = string
}

variable "rotator_member" {
  description = "The daily job, in the same form."
  type        = string
}

resource "google_secret_manager_secret" "session_keys" {
  secret_id = "shop-session-keys"

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "read" {
  for_each  = toset([var.reader_member, var.rotator_member])
  secret_id = google_secret_manager_secret.session_keys.id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}

resource "google_secret_manager_secret_iam_member" "rotate" {
  secret_id = google_secret_manager_secret.session_keys.id
  role      = "roles/secretmanager.secretVersionAdder"
  member    = var.rotator_member
}

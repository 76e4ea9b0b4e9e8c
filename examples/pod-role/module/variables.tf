variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "namespace" {
  description = "Namespace of the service account."
  type        = string
}

variable "name" {
  description = "Name of the service account."
  type        = string
}

variable "role_name" {
  description = "Name of the role; that of the service account unless set."
  type        = string
  default     = null
}

variable "mode" {
  description = "How pods that are made from now on get the role: `irsa`, `pod_identity`, or `both` for clusters with nodes that only know one of them, such as Fargate."
  type        = string
  default     = "pod_identity"

  validation {
    condition     = contains(["irsa", "pod_identity", "both"], var.mode)
    error_message = "The mode is `irsa`, `pod_identity` or `both`."
  }
}

variable "only_mode_is_trusted" {
  description = "Whether the role trusts the way of `mode` alone. Leave it false while `mode` changes, and set it once every pod was restarted."
  type        = bool
  default     = false
}

variable "policy_arns" {
  description = "ARNs of the managed policies that the role gets."
  type        = set(string)
  default     = []
}

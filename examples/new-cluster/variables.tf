variable "region" {
  description = "Where the cluster is."
  type        = string
  default     = "eu-central-1"
}

variable "cluster_name" {
  description = "The cluster's name."
  type        = string
  default     = "prod"
}

variable "subnet_ids" {
  description = "At least two subnets in two availability zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "EKS wants subnets in at least two availability zones."
  }
}

// Package oss stands in for Terraform's backend of this name, which is published nowhere as a module.
package oss

import "github.com/hashicorp/terraform/internal/backend"

// New panics: the test bed keeps its states in files.
func New() backend.Backend { panic("the test bed has no oss backend") }

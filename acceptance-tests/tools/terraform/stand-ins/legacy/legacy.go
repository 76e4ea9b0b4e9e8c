// Package legacy stands in for a module of Terraform that is published nowhere and that nothing here uses.
package legacy

package tools

import _ "github.com/hashicorp/terraform"

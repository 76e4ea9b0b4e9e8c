data "eksauth_trust_policy" "reader" {
  policy   = file("${path.module}/reader-trust.json")
  role_arn = "arn:aws:iam::111122223333:role/reader"
}

check "reader_admits_whom_it_names" {
  assert {
    condition = alltrue([
      for finding in data.eksauth_trust_policy.reader.findings : finding.severity == "hygiene"
    ])
    error_message = join("\n", data.eksauth_trust_policy.reader.findings[*].message)
  }
}

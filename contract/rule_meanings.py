"""What the keys of rules and calibrations mean, in words: for docs/rules.md, pages and schemas. A test keeps it complete."""

"""The unattended gateway of a site: accepts what nodes report, keeps it until the fleet has it, and passes settings the other way."""

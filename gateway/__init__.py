"""The unattended gateway of a site: takes what nodes say, keeps it until the fleet has it, and passes settings the other way."""

"""What is known about air: pure functions of values and times. Imports the contract only; knows no database, network or clock."""

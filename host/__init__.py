"""What a service of ours needs of the machine it runs on, in one place for the gateway and the fleet: listeners that hold, logs that stay
small, installation, copies of the state. Knows neither nodes nor the air."""

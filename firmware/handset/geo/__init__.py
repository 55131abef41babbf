"""Geolocation at the agent's own request: receiver sentences in, position reports out."""

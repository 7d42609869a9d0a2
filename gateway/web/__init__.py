"""SCIM over HTTP with Flask: it knows the protocol, and nothing of what is behind the handlers."""

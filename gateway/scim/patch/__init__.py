"""Changing a resource by operations (RFC 7644 §3.5.2)."""

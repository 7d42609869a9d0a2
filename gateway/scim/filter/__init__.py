"""Filters: text to nodes, bound to a resource type, and evaluated (RFC 7644 §3.4.2.2)."""

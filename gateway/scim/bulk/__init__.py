"""Many changes in one request (RFC 7644 §3.7)."""

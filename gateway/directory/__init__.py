"""The workspace as SCIM: the only package that speaks both languages."""

"""The SCIM 2.0 protocol (RFC 7643, RFC 7644), pure: it knows neither Flask nor Bitbucket."""

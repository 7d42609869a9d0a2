"""A SCIM 2.0 gateway to the members, groups and permissions of a Bitbucket Cloud workspace."""

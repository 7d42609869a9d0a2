"""The REST API of Bitbucket Cloud in Bitbucket's own words; it knows nothing of SCIM."""

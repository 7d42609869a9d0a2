"""``python -m gateway`` is ``bitbucket-scim``."""

from gateway.cli import main

main()

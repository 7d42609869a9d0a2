"""What SCIM writes come to: the change, its plan, its execution, and what is kept of it."""

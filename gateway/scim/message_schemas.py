"""The message that the ``schemas`` of a request name."""


def is_declared(schemas: object, message: str) -> bool:
    """
    Return whether *schemas* name a message; some clients leave them out.

    Args:
        schemas: The member of that name, whatever it is.
        message: The URN of the message, which has no letter case (RFC 8141 §3.1).
    """
    if schemas in (None, []):
        return True
    return isinstance(schemas, list) and message.lower() in (str(each).lower() for each in schemas)

"""What an application leaves unread of a request, under gunicorn."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: So much of a body is passed over, and for so long.
_MOST_BYTES: Final = 8 << 20
_MOST_SECONDS: Final = 2
_PIECE_BYTES: Final = 1 << 16


def passing_over(application: "WSGIApplication") -> "WSGIApplication":
    """
    Return *application*, passing over what it leaves unread before anything is answered.

    Otherwise gunicorn says that the connection can be used again, and closes it behind a body that
    was refused: the next request on it fails, and of a large body often the answer is lost too.
    What is too much, or takes too long, is answered with ``Connection: close``.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answered = application(environ, start_response)
        has_body = "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ
        if has_body and not _is_passed_over(environ):
            # It is a method of gunicorn's answer, which has sent nothing yet.
            gunicorn_answer: Any = start_response.__self__  # type: ignore[attr-defined]  # reason: WSGI knows no more than a callable
            gunicorn_answer.force_close()
        return answered

    return answer


def _is_passed_over(environ: "WSGIEnvironment") -> bool:
    """Read the body to its end, and return whether that was reached."""
    body, socket = environ["wsgi.input"], environ["gunicorn.socket"]
    ends_at = time.monotonic() + _MOST_SECONDS
    usual_timeout = socket.gettimeout()
    try:
        for _ in range(_MOST_BYTES // _PIECE_BYTES):
            left_seconds = ends_at - time.monotonic()
            if left_seconds <= 0:
                return False
            socket.settimeout(left_seconds)
            if not body.read(_PIECE_BYTES):
                return True
    except (OSError, ValueError):
        # Its sender is slow or gone, or it is in broken pieces.
        return False
    finally:
        socket.settimeout(usual_timeout)
    return False

"""What a client may need between itself and the gateway, over HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from werkzeug.exceptions import NotFound
from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.serving import make_server


def mapped(prefix: str, base_url: str) -> WSGIApplication:
    """Return an application that passes on to *base_url* what is asked for under *prefix*."""
    # It leaves out the port of the host, which the gateway's locations are made of.
    target = {"target": base_url, "remove_prefix": True, "host": urlsplit(base_url).netloc}
    return ProxyMiddleware(NotFound(), {prefix: target})


@contextmanager
def served(application: WSGIApplication) -> Iterator[str]:
    """Serve *application* at the URL that this yields, until the block ends."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

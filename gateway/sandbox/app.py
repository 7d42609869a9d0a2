"""The simulated Bitbucket as a Flask application."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, unquote

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from gateway.sandbox.behaviour import Behaviour
from gateway.sandbox.budget import Budget
from gateway.sandbox.call import Call
from gateway.sandbox.calls import Calls, Made
from gateway.sandbox.control import PREFIX, accept_invitation, control
from gateway.sandbox.credentials import (
    Caller,
    CallerKind,
    Credential,
    Keyring,
    demo_credentials,
)
from gateway.sandbox.disruption import FAULT_KEY, Disruption
from gateway.sandbox.errors import (
    INVALID_TOKEN,
    Refusal,
    gone,
    method_not_allowed,
    missing_scope,
    not_found,
    unauthorized,
)
from gateway.sandbox.failures import failure
from gateway.sandbox.faults import Faults
from gateway.sandbox.indexes import Indexes
from gateway.sandbox.model import Account
from gateway.sandbox.oauth import TOKEN_RULE, access_token
from gateway.sandbox.partial import Json
from gateway.sandbox.resources import OLD_GROUP, REMOVED, RESOURCES, SCALED_GROUP, Resource
from gateway.sandbox.world import World

EXTENSION = "sandbox"


@dataclass(slots=True)
class Sandbox:
    """Everything about a running simulated Bitbucket that a test may look at or change."""

    world: World
    behaviour: Behaviour
    keyring: Keyring
    budget: Budget
    calls: Calls
    faults: Faults
    indexes: Indexes

    def current_indexes(self) -> Indexes:
        """The indexes of the world as it is now."""
        if self.indexes.revision != self.world.revision:
            self.indexes = Indexes(self.world)
        return self.indexes


def create_app(
    world: World,
    *,
    behaviour: Behaviour | None = None,
    credentials: Iterable[Credential] | None = None,
    faults: Faults | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Flask:
    """
    Build the application that serves *world*.

    Args:
        world: The workspace; it may change while it is served.
        behaviour: How Bitbucket behaves where documentation leaves it open.
        credentials: Who may call; the demonstration credentials unless given.
        faults: What goes wrong; nothing unless given.
        clock: Seconds, for budgets and the two hours of a bearer token.
    """
    chosen = behaviour or Behaviour()
    known = demo_credentials(world.slug).all() if credentials is None else tuple(credentials)
    sandbox = Sandbox(
        world=world,
        behaviour=chosen,
        keyring=Keyring(known, clock),
        budget=Budget(chosen.hourly_limit, clock, retry_after=chosen.retry_after),
        calls=Calls(),
        faults=faults or Faults(),
        indexes=Indexes(world),
    )
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = sandbox
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.before_request(lambda: _before(sandbox))
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _refused_by_flask)
    app.register_blueprint(control(sandbox.calls, sandbox.faults, world))
    app.add_url_rule(
        TOKEN_RULE,
        view_func=lambda: access_token(sandbox.keyring),
        methods=["POST"],
        endpoint=TOKEN_RULE,
    )
    for rule in REMOVED:
        app.add_url_rule(rule, endpoint=rule, view_func=_removed)
    for resource in RESOURCES:
        app.add_url_rule(
            resource.rule,
            endpoint=f"{resource.method} {resource.rule}",
            view_func=_view(resource, sandbox),
            methods=[resource.method],
        )
    wrapped = Disruption(app.wsgi_app, sandbox.faults, exempt=PREFIX)
    app.wsgi_app = wrapped  # type: ignore[method-assign]  # Flask's own way
    return app


def sandbox_of(app: Flask) -> Sandbox:
    """What is behind an application made by :func:`create_app`."""
    found = app.extensions[EXTENSION]
    if not isinstance(found, Sandbox):
        raise TypeError("the application is no simulated Bitbucket")
    return found


def _view(resource: Resource, sandbox: Sandbox) -> Callable[..., Response]:
    def answer(**path: str) -> Response:
        caller = sandbox.keyring.caller(request.headers.get("Authorization"))
        with sandbox.world.lock:
            headers = sandbox.budget.spend(
                caller.identity, resource.budget, seats=_seats(sandbox, resource)
            )
            _admit(caller, resource, sandbox.behaviour)
            account = _account(caller, sandbox)
            call = Call(
                world=sandbox.world,
                behaviour=sandbox.behaviour,
                indexes=sandbox.current_indexes(),
                caller=caller,
                account=account,
                is_administrator=account is None or sandbox.world.is_administrator(account),
                base=request.host_url.rstrip("/"),
                path=quote(request.path, safe="/"),
                arguments=request.args.to_dict(),
                body=request.get_data(),
                form=request.form.to_dict(),
                content_type=request.mimetype,
            )
            pending = set(sandbox.world.invitations)
            body = resource.view(call, **path)
            if sandbox.behaviour.accepts_invitations:
                for email in sandbox.world.invitations.keys() - pending:
                    accept_invitation(sandbox.world, email)
            fault = request.environ.get(FAULT_KEY)
            if fault is not None and fault.after:
                failed = failure(fault)
                if failed is not None:
                    return failed
            if body is None:
                return Response(status=HTTPStatus.NO_CONTENT, headers=headers)
            return _json(body, headers=headers)

    return answer


def _admit(caller: Caller, resource: Resource, behaviour: Behaviour) -> None:
    if resource.budget == OLD_GROUP and caller.kind is CallerKind.WORKSPACE_ACCESS_TOKEN:
        raise Refusal(behaviour.access_token_on_1_0_status, INVALID_TOKEN)
    required = resource.scopes.required_of(caller)
    if not required <= caller.scopes:
        raise missing_scope(required, caller.scopes)


def _account(caller: Caller, sandbox: Sandbox) -> Account | None:
    if caller.account_email is None:
        return None
    found = sandbox.current_indexes().account_by_email.get(caller.account_email.casefold())
    if found is None:
        raise unauthorized()
    return found


def _before(sandbox: Sandbox) -> Response | None:
    if request.path.startswith(PREFIX):
        return None
    rule = request.url_rule
    made = Made(request.method, _called(), request.get_data(as_text=True))
    sandbox.calls.count(f"{request.method} {_public(rule.rule) if rule else 'unknown'}", made)
    if sandbox.behaviour.latency_seconds:
        time.sleep(sandbox.behaviour.latency_seconds)
    fault = request.environ.get(FAULT_KEY)
    return None if fault is None or fault.after else failure(fault)


def _called() -> str:
    query = unquote(request.query_string.decode())
    return f"{request.path}?{query}" if query else request.path


def _seats(sandbox: Sandbox, resource: Resource) -> int | None:
    if resource.budget != SCALED_GROUP or not sandbox.behaviour.scaled_limits:
        return None
    return len(sandbox.world.memberships)


def _public(rule: str) -> str:
    """A rule as Bitbucket's documentation would write it."""
    return rule.replace("<", "{").replace(">", "}")


def _removed() -> Response:
    raise gone()


def _refused(refusal: Refusal) -> Response:
    return _json(refusal.body(), status=refusal.status, headers=refusal.headers)


def _refused_by_flask(error: HTTPException) -> Response:
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = getattr(error, "valid_methods", None) or ()
        return _refused(method_not_allowed(", ".join(sorted(allowed))))
    if error.code == HTTPStatus.NOT_FOUND:
        return _refused(not_found())
    return _refused(Refusal(error.code or 500, error.name))


def _json(
    body: "Json | dict[str, object]", *, status: int = 200, headers: Mapping[str, str]
) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json", headers=dict(headers))

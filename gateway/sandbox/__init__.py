"""
A simulated Bitbucket Cloud: an invented workspace, served over real HTTP.

It shares no code with the rest of the gateway, so that a misreading of Bitbucket
in one of them cannot hide behind the same misreading in the other.
"""

from gateway.sandbox.app import Sandbox, create_app, sandbox_of
from gateway.sandbox.behaviour import Behaviour, Paging
from gateway.sandbox.credentials import (
    DEMO,
    ApiToken,
    AppPassword,
    DemoCredentials,
    OAuthConsumer,
    WorkspaceAccessToken,
    demo_credentials,
)
from gateway.sandbox.faults import Fault, FaultKind, Faults
from gateway.sandbox.generate import Shape, generate
from gateway.sandbox.model import (
    Account,
    AccountStatus,
    AccountType,
    Grant,
    Group,
    Invitation,
    Membership,
    Permission,
    Project,
    Repository,
    WorkspaceRole,
)
from gateway.sandbox.server import Serving, serving
from gateway.sandbox.world import World

__all__ = [
    "DEMO",
    "Account",
    "AccountStatus",
    "AccountType",
    "ApiToken",
    "AppPassword",
    "Behaviour",
    "DemoCredentials",
    "Fault",
    "FaultKind",
    "Faults",
    "Grant",
    "Group",
    "Invitation",
    "Membership",
    "OAuthConsumer",
    "Paging",
    "Permission",
    "Project",
    "Repository",
    "Sandbox",
    "Serving",
    "Shape",
    "WorkspaceAccessToken",
    "WorkspaceRole",
    "World",
    "create_app",
    "demo_credentials",
    "generate",
    "sandbox_of",
    "serving",
]

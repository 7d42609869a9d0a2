"""What a client is told when a change stopped: what was done, what was not, and what to do."""

from collections.abc import Sequence

from gateway.bitbucket.errors import (
    BadAnswer,
    BadRequest,
    BitbucketError,
    NoCredential,
    NotFound,
    RateLimited,
    SeatLimit,
    Unavailable,
)
from gateway.bitbucket.errors import Conflict as AlreadySo
from gateway.bitbucket.resources import Resource
from gateway.provisioning.administration import MOVED
from gateway.provisioning.steps import ChangeGroup, CreateGroup, Step
from gateway.provisioning.turns import TurnLost
from gateway.scim import errors as scim

#: When to try again what Bitbucket did not answer, if it does not say.
_RETRY_SECONDS = 30
_AGAIN = "Send the same request again to finish."
#: As many steps are told of one by one.
_MOST_TOLD = 20


def is_uncertain(error: BitbucketError | TurnLost) -> bool:
    """Return whether the call that failed may have been carried out all the same."""
    return isinstance(error, Unavailable | BadAnswer)


def is_definitive(error: BitbucketError | TurnLost) -> bool:
    """Return whether the call that failed was not carried out, and would fail again."""
    return not isinstance(error, Unavailable | BadAnswer | RateLimited | TurnLost)


def unsure_of(error: BitbucketError | TurnLost, plan: Sequence[Step], done: int) -> Sequence[Step]:
    """
    Return the steps of a plan that stopped of which it must be read whether they are done.

    Args:
        error: What it stopped by.
        plan: The plan.
        done: How many steps were confirmed before.
    """
    if isinstance(error, TurnLost):
        # Who was given the turn may have undone them.
        return plan[:done]
    return plan[done : done + 1] if is_uncertain(error) else ()


def refusal(error: BitbucketError | TurnLost, plan: Sequence[Step], done: int) -> scim.ScimError:
    """
    Return the answer to a request whose plan stopped.

    Args:
        error: What it stopped by.
        plan: The plan.
        done: How many steps were done before.
    """
    sentence = " ".join((str(error), *_account(error, plan, done)))
    match error:
        case RateLimited() | Unavailable() | TurnLost():
            wait = error.retry_after_seconds or _RETRY_SECONDS
            return scim.Unavailable(sentence, retry_after_seconds=max(1, wait))
        case SeatLimit():
            return scim.Forbidden(sentence)
        case AlreadySo() if done < len(plan) and isinstance(plan[done], CreateGroup | ChangeGroup):
            return scim.Uniqueness(sentence)
        case AlreadySo():
            return scim.Conflict(sentence)
        case BadRequest() | NotFound():
            return scim.InvalidValue(sentence)
    return scim.BadUpstream(sentence)


def moved(error: BitbucketError, plan: Sequence[Step], done: int) -> scim.Unsupported:
    """Return the answer where people and groups turned out to be administered elsewhere."""
    told = [each for each in _account(error, plan, done) if each != _AGAIN]
    return scim.Unsupported(" ".join((MOVED, *told)))


def missing_credential(error: NoCredential, resource: Resource, step: Step) -> scim.ScimError:
    """Return the answer to a request of which a step can't be done with what is configured."""
    return scim.BadUpstream(
        f"To {step} takes a credential that is not configured: {' or '.join(error.able)}, with "
        f"the scope {resource.scope.classic}. Nothing was changed."
    )


def _account(error: BitbucketError | TurnLost, plan: Sequence[Step], done: int) -> list[str]:
    unsure = done < len(plan) and is_uncertain(error)
    if not done and not unsure:
        return ["Nothing was changed."]
    told = []
    if done:
        told.append(f"Done, {done} of {len(plan)}: {_listed(plan[:done])}.")
    if unsure:
        told.append(f"Perhaps done: {plan[done]}.")
    rest = plan[done + unsure :]
    if rest:
        told.append(f"Not done: {_listed(rest)}.")
    told.append(_AGAIN)
    return told


def _listed(steps: Sequence[Step]) -> str:
    told = "; ".join(map(str, steps[:_MOST_TOLD]))
    more = len(steps) - _MOST_TOLD
    return f"{told}; and {more} more" if more > 0 else told

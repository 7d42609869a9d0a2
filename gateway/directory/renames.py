"""Knowing a group again whose new name was not confirmed to us."""

from collections.abc import Iterable

from gateway.bitbucket import models
from gateway.mirror.mirror import Writing


def recognize(writing: Writing, groups: Iterable[models.Group]) -> None:
    """
    Give groups their ids back that were renamed by a call whose answer was lost.

    Bitbucket knows a group by its slug, which another name may change; that a rename was under
    way is in the journal.

    Args:
        writing: The transaction that is about to land *groups*.
        groups: Every group that there is.
    """
    renamed = {
        change.began.data["resourceId"]: change.began.data["wanted"]["displayName"]
        for change in writing.journal.open()
        if change.began.data["resourceType"] == "Group"
        and change.began.data["before"]
        and change.began.data["wanted"]
    }
    if not renamed:
        return
    slugs = {group_id: slug for slug, group_id in writing.facts.group_ids().items()}
    listed = {group.slug: group.name for group in groups}
    for group_id, name in renamed.items():
        strangers = [
            slug
            for slug, listed_name in listed.items()
            if listed_name == name and slug not in slugs.values()
        ]
        if slugs.get(group_id) not in listed and len(strangers) == 1:
            writing.facts.link_group(group_id, slug=strangers[0])

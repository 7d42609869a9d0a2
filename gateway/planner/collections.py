"""The sets of facts that are read from Bitbucket as a whole."""

from collections.abc import Mapping
from enum import StrEnum


class Collection(StrEnum):
    """A set of facts that is as old as its last complete reading."""

    #: Who is a member of the workspace, and with which role.
    MEMBERS = "members"
    #: The e-mail addresses that are known to belong to members.
    ADDRESSES = "addresses"
    #: The groups, with those who are in them.
    GROUPS = "groups"
    PROJECTS = "projects"
    REPOSITORIES = "repositories"
    #: What is granted to users directly, on projects.
    PROJECT_USER_GRANTS = "project_user_grants"
    #: What is granted to groups, on projects.
    PROJECT_GROUP_GRANTS = "project_group_grants"
    #: What is granted to users directly, on repositories.
    REPOSITORY_USER_GRANTS = "repository_user_grants"
    #: What is granted to groups, on repositories.
    REPOSITORY_GROUP_GRANTS = "repository_group_grants"

    @property
    def words(self) -> str:
        """The name as a sentence has it."""
        return self.value.replace("_", " ")


#: Where grants are told place by place: by who holds them and what they are on.
BY_PLACE: Mapping[tuple[str, str], Collection] = {
    ("user", "project"): Collection.PROJECT_USER_GRANTS,
    ("group", "project"): Collection.PROJECT_GROUP_GRANTS,
    ("user", "repository"): Collection.REPOSITORY_USER_GRANTS,
}

#: The lists of places.
LIST_OF_TYPE: Mapping[str, Collection] = {
    "project": Collection.PROJECTS,
    "repository": Collection.REPOSITORIES,
}

#: The list of the places that a collection of grants is read by.
PLACES_OF: Mapping[Collection, Collection] = {
    collection: LIST_OF_TYPE[object_type] for (_, object_type), collection in BY_PLACE.items()
}

#: What is granted to each type of subject.
GRANTS_TO: Mapping[str, frozenset[Collection]] = {
    "user": frozenset({Collection.PROJECT_USER_GRANTS, Collection.REPOSITORY_USER_GRANTS}),
    "group": frozenset({Collection.PROJECT_GROUP_GRANTS, Collection.REPOSITORY_GROUP_GRANTS}),
}

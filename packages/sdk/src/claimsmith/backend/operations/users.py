"""Users: who they are, their metadata, their passwords, and whether they may sign in."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Deleted, Page, TotalCount
from claimsmith.backend.models.organizations import OrganizationMembership
from claimsmith.backend.models.users import PasswordVerification, User
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/users",
    returns=tuple[User, ...],
    takes=parameters.UserQuery,
    iterates=parameters.UserOrder,
    cursor="starting_after",
    told="A page of users, newest first unless asked otherwise; `count` tells how many there are.",
    example='query="ada", limit=50',
)
COUNT = Operation(
    method="GET",
    path="/v1/users/count",
    returns=TotalCount,
    takes=parameters.UserFilters,
    told="How many users the filters find.",
    example="banned=False",
)
GET = Operation(
    method="GET",
    path="/v1/users/{user_id}",
    returns=User,
    told="One user.",
    codes=("resource_not_found",),
    example="user_id",
)
CREATE = Operation(
    method="POST",
    path="/v1/users",
    returns=User,
    takes=parameters.NewUser,
    told="A new user.",
    codes=("form_identifier_exists", "form_param_format_invalid"),
    example='email_address=[email], first_name="Ada", public_metadata={"plan": "pro"}',
)
UPDATE = Operation(
    method="PATCH",
    path="/v1/users/{user_id}",
    returns=User,
    takes=parameters.UserChanges,
    told="A user with what the arguments name changed; `None` clears.",
    codes=("resource_not_found", "form_identifier_exists"),
    example='user_id, first_name="Augusta", last_name=None',
)
UPDATE_METADATA = Operation(
    method="PATCH",
    path="/v1/users/{user_id}/metadata",
    returns=User,
    takes=parameters.UserMetadata,
    told="A user with metadata merged deeply; a member that is `None` is deleted.",
    codes=("resource_not_found", "form_param_exceeds_allowed_size"),
    example='user_id, public_metadata={"theme": "dark", "trial": None}',
)
REPLACE_METADATA = Operation(
    method="PUT",
    path="/v1/users/{user_id}/metadata",
    returns=User,
    takes=parameters.UserMetadata,
    told="A user with the given metadata in place of the old; a kind that is not given stays.",
    codes=("resource_not_found", "form_param_exceeds_allowed_size"),
    example='user_id, public_metadata={"theme": "dark"}',
)
DELETE = Operation(
    method="DELETE",
    path="/v1/users/{user_id}",
    returns=Deleted,
    told="That the user is gone, and every session of theirs.",
    codes=("resource_not_found",),
    example="user_id",
)
BAN = Operation(
    method="POST",
    path="/v1/users/{user_id}/ban",
    returns=User,
    told="A user who may not sign in; no session of theirs mints any more.",
    codes=("resource_not_found",),
    example="user_id",
)
UNBAN = Operation(
    method="POST",
    path="/v1/users/{user_id}/unban",
    returns=User,
    told="A user who may sign in again; sessions that the ban ended stay ended.",
    codes=("resource_not_found",),
    example="user_id",
)
BAN_SEVERAL = Operation(
    method="POST",
    path="/v1/users/ban",
    returns=tuple[User, ...],
    takes=parameters.UserIds,
    told="Users, all of them banned or none.",
    codes=("resource_not_found",),
    example="user_ids=[user_id]",
)
UNBAN_SEVERAL = Operation(
    method="POST",
    path="/v1/users/unban",
    returns=tuple[User, ...],
    takes=parameters.UserIds,
    told="Users, all of them unbanned or none.",
    codes=("resource_not_found",),
    example="user_ids=[user_id]",
)
LOCK = Operation(
    method="POST",
    path="/v1/users/{user_id}/lock",
    returns=User,
    told="A user who may not sign in until unlocked.",
    codes=("resource_not_found",),
    example="user_id",
)
UNLOCK = Operation(
    method="POST",
    path="/v1/users/{user_id}/unlock",
    returns=User,
    told="A user who may sign in again, whether locked by you or by failed attempts.",
    codes=("resource_not_found",),
    example="user_id",
)
VERIFY_PASSWORD = Operation(
    method="POST",
    path="/v1/users/{user_id}/verify_password",
    returns=PasswordVerification,
    takes=parameters.Password,
    told="That the password is the user's; a wrong one is an error, and counts as a failed attempt.",
    codes=("resource_not_found", "form_password_incorrect", "no_password_set", "user_locked"),
    example="user_id, password=password",
)
REMOVE_PASSWORD = Operation(
    method="POST",
    path="/v1/users/{user_id}/remove_password",
    returns=User,
    takes=parameters.PasswordRemoval,
    told="A user without a password.",
    codes=("resource_not_found",),
    example="user_id, sign_out_of_other_sessions=True",
)
LIST_ORGANIZATION_MEMBERSHIPS = Operation(
    method="GET",
    path="/v1/users/{user_id}/organization_memberships",
    returns=Page[OrganizationMembership],
    takes=parameters.Paging,
    told="A page of a user's memberships.",
    codes=("resource_not_found",),
    example="user_id, limit=50",
)

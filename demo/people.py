"""Who signs in to the accounts of the world, with what, and how that goes on from day to day.

Ages are whole days before the first day, and so negative for what came later. The same day always looks the same.
"""

import dataclasses

# Whoever used something within these days goes on using it; what lay unused for longer stays so.
REGULAR = 14


@dataclasses.dataclass(frozen=True)
class Key:
    """An access key, or a signing certificate."""

    age: int
    active: bool = True
    used: int | None = None  # none: never


@dataclasses.dataclass(frozen=True)
class User:
    """An IAM user."""

    name: str
    age: int
    password: bool = False
    signed_in: int | None = None  # none: never
    mfa: bool = False
    keys: tuple = ()


@dataclasses.dataclass(frozen=True)
class Root:
    """A root user. Without password and keys, it is one that is managed centrally."""

    password: bool = False
    signed_in: int | None = None
    mfa: bool = False
    keys: tuple = ()
    certificate: Key | None = None


USERS = (
    User("alice", 610, password=True, signed_in=1, mfa=True),
    User("bob", 300, password=True, signed_in=4),
    User("ci-deploy", 200, keys=(Key(30, used=0),)),
    User("legacy-batch", 1500, keys=(Key(1495, used=1),)),
    User("rotator", 400, keys=(Key(120, used=90), Key(20, used=0))),
    User("left-company", 900, password=True, signed_in=210, keys=(Key(700, active=False, used=650),)),
    User("on-the-day", 90, keys=(Key(90, used=2),)),
    User("day-after", 91, keys=(Key(91, used=45), Key(400, active=False))),
    User("=cmd@example.com", 45, password=True, keys=(Key(45),)),
    User("new.starter", 3, password=True, signed_in=0, mfa=True, keys=(Key(1, used=0),)),
    User("break-glass+ops", 1100, password=True, signed_in=160, mfa=True, keys=(Key(10, used=3), Key(1000, used=160))),
)

# Of some accounts the emulator's own report is all that is known: it says neither whether root has a password nor when
# anything was used.
AS_THE_EMULATOR_HAS_IT = None
ROOTS = (
    Root(password=True, signed_in=200, mfa=True),
    Root(),
    Root(),
    AS_THE_EMULATOR_HAS_IT,
    Root(),
    Root(password=True, mfa=True),
    Root(),
)


def change(account, name, **fields):
    """Changes a user of an account."""
    account.users = tuple(
        dataclasses.replace(user, **fields) if user.name == name else user for user in account.users
    )


def let_days_pass(organization, day):
    """What people did in an Organization up to this day, 1 being the first, so that findings come and go.

    On every day there are some that the day before did not have, some that it had too, and some that are gone.
    """
    identity, unwatched, certified, scripted = (organization.members[index] for index in (22, 6, 12, 20))
    central = [
        account
        for account in organization.members
        if account.root == Root() and account.state == "ACTIVE" and account not in (unwatched, certified, scripted)
    ]

    # Some findings were there on the first day; most of these are dealt with on the second and third.
    unwatched.root = Root(password=True, signed_in=95, mfa=day > 2)
    certified.root = Root(certificate=Key(2100))
    scripted.root = Root(keys=(Key(820, used=400),) if day < 3 else ())
    if day > 1:
        change(organization.management, "bob", mfa=True)
        change(organization.management, "legacy-batch", keys=(Key(-1, used=0),))

    # Somebody starts every day, has no MFA on the first one, and leaves again.
    identity.users += tuple(
        User(f"trainee-{start}", 1 - start, password=True, signed_in=0, mfa=start < day)
        for start in range(max(1, day - 4), day + 1)
    )

    # Every day the root user of another account is given a password and used; it is gone the day after.
    if day > 1:
        central[(day - 1) % len(central)].root = Root(signed_in=1)
    central[day % len(central)].root = Root(password=True, signed_in=0)

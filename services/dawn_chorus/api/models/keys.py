"""Keys: what makes one, and what is shown of them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from dawn_chorus.adapters.postgres.api_keys import SCOPES, ApiKey
from dawn_chorus.api.models.requests import Name
from dawn_chorus.api.models.responses import Answer

_KEY_ID = "0193d0c8-5a44-7e11-9b3a-2c4d6e8f0a1b"


def _as_written(name: str) -> str:
    if not name.strip():
        raise ValueError("is blank: say who or what uses the key")
    return name.strip()


class KeyFields(BaseModel):
    """What makes a key."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[Name, AfterValidator(_as_written)] = Field(
        description="Who or what uses it, to tell keys apart.", examples=["field laptop"]
    )
    scopes: list[Literal["read", "upload", "review", "admin"]] = Field(
        min_length=1,
        max_length=len(SCOPES),
        description="What it allows; `admin` includes the others. The first key of all needs `admin`.",
        examples=[["read", "upload"]],
    )


class KeyOut(Answer):
    """What is known of a key; the key itself is nowhere."""

    id: UUID = Field(examples=[_KEY_ID])
    name: str = Field(examples=["field laptop"])
    begins: str = Field(description="Its first characters, to recognize it by.", examples=["chorus_q8xK3"])
    scopes: list[str] = Field(examples=[["read", "upload"]])
    created_at: AwareDatetime = Field(examples=["2026-05-03T05:40:02Z"])
    last_used_at: AwareDatetime | None = Field(
        description="To about a minute; null: never.", examples=["2026-05-03T06:01:00Z"]
    )
    revoked_at: AwareDatetime | None = Field(description="Null: it is in force.", examples=[None])
    is_yours: bool = Field(description="This request was made with it, or with a session of it.", examples=[False])


class NewKeyOut(KeyOut):
    """A new key, and this once the key itself."""

    key: str = Field(description="Shown now and never again.", examples=["chorus_q8xK3…"])


class KeysOut(Answer):
    items: list[KeyOut]
    asked_for: bool = Field(
        description="Whether requests need a key. Where none was made yet, requests from this machine need none; with "
        "`CHORUS_AUTH=off` none ever does.",
        examples=[True],
    )
    can_be_asked_for: bool = Field(
        description="False with `CHORUS_AUTH=off`: then keys close nothing.", examples=[True]
    )


def key_out(key: ApiKey, caller_key: UUID | None) -> KeyOut:
    return KeyOut(**_shown(key, caller_key))


def new_key_out(key: ApiKey, secret: str) -> NewKeyOut:
    return NewKeyOut(**_shown(key, None), key=secret)


def _shown(key: ApiKey, caller_key: UUID | None) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "begins": key.prefix,
        "scopes": [scope for scope in SCOPES if scope in key.scopes],
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "is_yours": key.id == caller_key,
    }

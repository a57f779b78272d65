"""From what was asked to what is run."""

from services.adapters.postgres.packs import list_packs
from services.adapters.postgres.values import AnalysisRequest
from services.api.fields import AnalysisFields
from services.api.house import House
from services.api.problems import UNKNOWN_PACK, FieldError, Problem
from services.domain.jobs import lane_for


def plan_analysis(house: House, fields: AnalysisFields, duration_s: float) -> AnalysisRequest:
    """Fill in what was not said; raises Problem for a pack that no worker has registered.

    The default pack is taken at its word: work for it may wait for the first worker.
    """
    pack = fields.pack or house.settings.default_pack
    if pack != house.settings.default_pack:
        _check_pack(house, pack)
    return AnalysisRequest(
        pack=pack,
        lane=lane_for(duration_s, fields.priority),
        segment_s=house.settings.segment_s,
        settings=fields.settings(),
    )


def _check_pack(house: House, pack: str) -> None:
    names = sorted({listing.name for listing in list_packs(house.database)} | {house.settings.default_pack})
    if pack not in names:
        detail = f"There is no pack {pack!r} here; there is {', '.join(names)}"
        raise Problem(UNKNOWN_PACK, detail, errors=[FieldError(field="pack", detail=detail)])

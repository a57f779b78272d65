"""Sites: read from the recordings that name them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dawn_chorus.adapters.postgres.sites import Site, list_sites
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import INVALID, documented
from dawn_chorus.api.models.sites import SiteOut, SitesOut, SitesQuery
from dawn_chorus.api.taxon_names import without_nul

router = APIRouter(tags=["recordings"])


@router.get("/v1/sites", summary="List sites by name", responses=documented(INVALID))
def get_sites(
    request: Request, response: Response, deps: Deps, _caller: Reader, query: Annotated[SitesQuery, Query()]
) -> SitesOut:
    """Return the names that recordings have as their sites: a site comes with the first of them and goes with the last.

    Recordings without a site are no site; `without_site` counts them.
    """
    q = None if query.q is None else without_nul(query.q)
    page, without_site = list_sites(deps.database, q, limit=query.limit, cursor=query.cursor)
    response.headers.update(next_link(request, page.next_cursor))
    return SitesOut(items=[_out(site) for site in page.items], next=page.next_cursor, without_site=without_site)


def _out(site: Site) -> SiteOut:
    return SiteOut(
        name=site.name,
        latitude=site.latitude,
        longitude=site.longitude,
        places=site.places,
        hours=round(site.duration_s / 3600, 4),
        first=site.first,
        last=site.last,
        recordings=site.recordings,
    )

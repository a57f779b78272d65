"""What the API says of itself: `/openapi.json`, and `/docs`, which shows it.

Read: openapi (amends the document that FastAPI generates), links (which operations take the ids of an answer), examples
(of bodies and problems), docs_page.
May touch FastAPI and problems.
"""

"""Lanes: who sang when, over a whole day and in half a minute."""

import httpx


def test_a_day_of_fifty_taxa_is_made_as_a_worker_would_have_made_it(api: httpx.Client, long_day: str) -> None:
    (analysis,) = api.get(f"/v1/recordings/{long_day}").json()["analyses"]
    assert (analysis["result"], analysis["analyzed_s"]) == ("succeeded", 86_400.0)
    events = api.get(f"/v1/analyses/{analysis['id']}/detections", params={"taxon": "tawowl"}).json()["items"]
    assert events
    assert events[0]["scientific_name"] == "Strix aluco"
    assert api.get(f"/v1/recordings/{long_day}/spectrogram/16/1013.webp").headers["content-type"] == "image/webp"

"""Request and response models (pydantic), from which the OpenAPI document is generated.

Read: requests (forms and bodies), query_parameters, responses, corrections, sites, keys, queue, upload_facts,
review/, exports, spectrograms, rendering (from the database's values to responses), timeline_json, lanes_binary;
tus_requests (for the document alone).
May touch `domain` and the values of `adapters.postgres`.
"""

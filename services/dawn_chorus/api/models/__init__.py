"""What is asked and what is answered, as pydantic models: OpenAPI is made of these.

Read: requests (forms and bodies), query_parameters, responses, rendering (from the database's values to responses).
May touch `domain` and the values of `adapters.postgres`.
"""

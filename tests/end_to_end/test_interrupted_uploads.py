"""A client or a server that dies in the middle of an upload leaves nothing in the store for ever."""

import socket
from pathlib import Path

import psycopg

from tests.end_to_end.service import Service, wait_until
from tests.integration.api_checks import stored_files

HEAD = (
    b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
)


def test_an_api_killed_in_the_middle_of_an_upload_leaves_bytes_that_are_removed_in_time(service: Service) -> None:
    store = Path(service.store_url.removeprefix("file://"))
    api = service.start("api")
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(HEAD + bytes(40_000_000))
        wait_until(lambda: any(path.stat().st_size for path in stored_files(store)), "some of it is stored")
        api.kill()
    assert stored_files(store)
    api.start()
    api.wait_ready()
    assert stored_files(store), "another API might still have that upload in hand"
    api.stop()
    with psycopg.connect(service.database_url) as connection_:
        connection_.execute("UPDATE audio_to_delete SET due_at = due_at - interval '25 hours'")
    api.start()
    api.wait_ready()
    wait_until(lambda: not stored_files(store), "the bytes are gone")

"""The stack with its audio in S3."""

from pathlib import Path

from tests.compose.stack import Stack


def test_a_recording_lies_in_the_bucket_and_becomes_a_timeline(s3_stack: Stack, recording: Path) -> None:
    key = s3_stack.make_key()
    analysis = s3_stack.wait_for(s3_stack.upload(recording, key), key)
    assert (analysis["result"], analysis["analyzed_s"]) == ("succeeded", 30.0)
    assert s3_stack.run_in("api", "find", "/var/lib/chorus/audio", "-type", "f") == ""
    assert "chorus" in s3_stack.run_in(
        "seaweedfs", "sh", "-c", "echo s3.bucket.list | weed shell -master=seaweedfs:9333"
    )

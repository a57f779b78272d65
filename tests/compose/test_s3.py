"""The stack with its audio in S3."""

from pathlib import Path

from tests.compose.stack import Stack


def test_a_recording_lies_in_the_bucket_and_becomes_a_timeline(s3_stack: Stack, recording: Path) -> None:
    key = s3_stack.make_key()
    analysis = s3_stack.wait_for(s3_stack.upload(recording, key), key)
    assert (analysis["result"], analysis["analyzed_s"]) == ("succeeded", 30.0)
    assert any((s3_stack.folder.parent / "data" / "seaweedfs").iterdir())
    assert s3_stack.run_in("api", "find", "/var/lib/chorus/audio", "-type", "f") == ""
    assert "chorus" in s3_stack.run_in(
        "seaweedfs", "sh", "-c", "echo s3.bucket.list | weed shell -master=seaweedfs:9333"
    )


def test_the_store_runs_with_the_least_rights(s3_stack: Stack) -> None:
    status = dict(line.split(":\t", 1) for line in s3_stack.run_in("seaweedfs", "cat", "/proc/1/status").splitlines())
    assert status["NoNewPrivs"] == "1"
    allowed = sum(1 << bit for bit in (0, 1, 3, 6, 7))  # CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID
    assert int(status["CapEff"], 16) & ~allowed == 0
    denied = s3_stack.compose("exec", "-T", "seaweedfs", "touch", "/etc/x", check=False)
    assert "Read-only file system" in denied.stderr

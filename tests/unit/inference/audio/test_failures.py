import errno
import os

import av
import pytest

from dawn_chorus.domain.errors import ChorusError, EmptyAudio, TransientError, UndecodableAudio
from dawn_chorus.inference.audio.failures import describe_failure, raise_failure


def of_ffmpeg(number: int) -> Exception:
    """Return the error that PyAV makes of a number that FFmpeg returned."""
    try:
        av.error.err_check(-number)
    except av.FFmpegError as error:
        return error
    raise AssertionError(f"{number} is no error")


def kind_of(error: Exception) -> str:
    return describe_failure(error)["error"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EIO, errno.EPIPE, errno.EEXIST, errno.ENOTDIR, errno.ENOEXEC])
def test_what_ffmpeg_finds_in_a_file_is_found_there_again(number: int) -> None:
    assert isinstance(of_ffmpeg(errno.EPERM), OSError)
    assert kind_of(of_ffmpeg(number)) == "undecodable"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EDOM, errno.ERANGE, errno.EILSEQ, errno.ENOSYS, errno.ENOMEM])
def test_errors_of_ffmpeg_with_types_of_their_own_are_the_files_too(number: int) -> None:
    assert kind_of(of_ffmpeg(number)) == "undecodable"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOENT, errno.ENOSPC, errno.ESTALE, errno.EAGAIN])
def test_what_ffmpeg_was_told_by_the_system_may_pass(number: int) -> None:
    assert kind_of(of_ffmpeg(number)) == "transient"


@pytest.mark.parametrize(
    "number", [errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENOENT, errno.ESTALE, errno.ETIMEDOUT]
)
def test_what_the_machine_lacks_may_come_back(number: int) -> None:
    failure = describe_failure(OSError(number, os.strerror(number)))
    assert failure["error"] == "transient"
    assert os.strerror(number) in failure["detail"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.EOVERFLOW, errno.EFBIG, errno.ENOTSUP])
def test_where_nothing_can_be_read_nothing_can_be_read_again(number: int) -> None:
    assert kind_of(OSError(number, os.strerror(number))) == "undecodable"


def test_memory_that_a_decoder_may_not_have_is_no_reason_to_try_again() -> None:
    assert kind_of(MemoryError()) == "undecodable"


@pytest.mark.parametrize("error", [EmptyAudio("no samples"), TransientError("the store is away")])
def test_an_error_arrives_as_what_it_was(error: ChorusError) -> None:
    with pytest.raises(type(error), match=str(error)):
        raise_failure(describe_failure(error))


def test_a_bug_of_a_decoder_is_put_down_to_the_file() -> None:
    with pytest.raises(UndecodableAudio, match="ZeroDivisionError"):
        raise_failure(describe_failure(ZeroDivisionError()))

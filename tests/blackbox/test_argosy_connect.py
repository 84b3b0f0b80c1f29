"""argosy connect: what becomes ssh, and why it sometimes does not."""
import json
import os

import pytest

from argosy import argosy, run

NO_INSTANCE = "i-0123456789abcdef0"


@pytest.fixture
def ssh(tmp_path):
    """A program of that name, which prints what it was given."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def test_an_instance_that_is_not_there_is_refused_as_the_service_says(owner, ssh):
    complaint = argosy(owner, "connect", f"us-east-1/{NO_INSTANCE}", status=254, **ssh)
    assert "InvalidInstanceID.NotFound" in complaint and "belongs to one region" in complaint


def test_what_is_no_instance_is_a_mistake(owner):
    for wrong in ("nonsense", "ami-0123456789abcdef0", "us-east-1/i-xyz"):
        argosy(owner, "connect", wrong, status=252)
    argosy(owner, "connect", status=252)

"""A class as root, each student an account: what one may not reach of another.

It runs in a mount namespace of its own with accounts that the system outside does not have.
"""

from __future__ import annotations

import ipaddress
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("jupyterhub", reason="a class needs JupyterHub")
pytest.importorskip("otter", reason="a class hands in what otter made")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from hub_student import Student, until
from test_hub import NAME, NOTEBOOK, Hub, a_class, solved

from bookkit import ROOT
from bookkit.hub import classroom

UID = {"ana": 45001, "ben": 45002}
# `openssl passwd -6`: a-password-of-ana, for both.
PASSWORD = "a-password-of-ana"
HASH = (
    "$6$hub$/UB/QH3PEEhBKQrosTDIi4neCDwXyLW5ZLaRg/ria1X"
    "u8jzq4vmfHN7llP9v.yMA6GvYqRwq0k4i6PEKWTlju1"
)
TRIED = """
import os
print(os.getuid(), os.getcwd())
for path in {paths}:
    try:
        print("reached", path, os.listdir(path))
    except PermissionError:
        print("closed", path)
"""


def _runs_in_a_namespace():
    tried = ["unshare", "--mount", "true"]
    if shutil.which(tried[0]) is None or os.getuid() != 0:
        return False
    return subprocess.run(tried, capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(
    not (_runs_in_a_namespace() and Path("/etc/pam.d/login").is_file()),
    reason="accounts of its own need root, mount namespaces and PAM",
)


def _opened(path):
    """Lines that let others reach a path, inside the namespace."""
    lines = []
    closed = classroom._closed_to_others(path)
    if closed is not None and closed != path:
        kept = shlex.quote(f"/mnt/{path.name}-{abs(hash(path))}")
        there, covered = shlex.quote(str(path)), shlex.quote(str(closed))
        lines = [
            f"mkdir -p {kept}; mount --bind {there} {kept}",
            f"mount -t tmpfs -o mode=755 none {covered}",
            f"mkdir -p {there}; mount --bind {kept} {there}",
        ]
    return lines


def _certificate(place):
    """A key and a certificate of its own for this machine; return their files."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (place / "class.key").write_bytes(key.private_bytes(pem, *plain))
    (place / "class.pem").write_bytes(signed.public_bytes(pem))
    return place / "class.pem", place / "class.key"


@pytest.fixture(scope="module")
def hub():
    """A hub as root, with PAM and https, for two accounts."""
    place = Path(tempfile.mkdtemp(prefix="class-"))
    place.chmod(0o755)
    files = {
        name: Path("/etc", name).read_text() for name in ("passwd", "shadow", "group")
    }
    for name, number in UID.items():
        home = place / "homes" / name
        home.mkdir(parents=True, mode=0o700)
        os.chown(home, number, number)
        files["passwd"] += f"{name}:x:{number}:{number}::{home}:/bin/sh\n"
        files["shadow"] += f"{name}:{HASH}:19000:0:99999:7:::\n"
        files["group"] += f"{name}:x:{number}:\n"
    lines = ["set -e", "mount --make-rprivate /", "mount -t tmpfs none /mnt"]
    for name, text in files.items():
        (place / name).write_text(text)
        lines.append(f"mount --bind {place / name} /etc/{name}")
    for path in (Path(sys.base_prefix), Path(sys.prefix), ROOT):
        lines += _opened(path.resolve())
    (place / "begin").write_text("\n".join([*lines, 'exec "$@"']))
    modes = {one: stat.S_IMODE(one.stat().st_mode) for one in classroom._SOLUTIONS}
    inside = ["unshare", "--mount", "sh", str(place / "begin")]
    certificate, key = _certificate(place)
    more = [f"CERT={certificate}", f"KEY={key}"]
    found = Hub(a_class(place / "class", *UID), *more, inside=inside)
    found.certificate = str(certificate)
    try:
        found.start()
        yield found
    finally:
        if found.process.poll() is None:
            found.stop()
        for one, mode in modes.items():
            one.chmod(mode)
        left = found.left()
        shutil.rmtree(place)
    assert left == []


def test_a_student_is_an_account_that_reaches_nothing_of_others(hub):
    assert hub.address.startswith("https:")
    stranger = Student(hub.address, "ana", "another-password", hub.certificate)
    assert stranger.log_in().status_code == 403
    assert "trial" not in hub.said()
    ana = Student(hub.address, "ana", PASSWORD, hub.certificate)
    assert ana.log_in().url == f"{hub.address}/hub/home"
    ana.start()
    closed = [
        *(hub.folder / name for name in ("handed_in", "versions", "hub")),
        hub.folder.parent / "homes" / "ben",
        *classroom._SOLUTIONS,
    ]
    cell = TRIED.format(paths=[str(path) for path in closed])
    printed, errors = ana.compute(cell)
    assert errors == []
    lines = printed.splitlines()
    home = hub.folder.parent / "homes" / "ana" / "cross_entropy"
    assert lines[0] == f"{UID['ana']} {home}"
    assert lines[1:] == [f"closed {path}" for path in closed]

    ana.save(NOTEBOOK, solved(1))
    code, said = ana.hand_in(NOTEBOOK)
    assert code == 200, said
    kept = hub.folder / "handed_in" / NAME / "ana.ipynb"
    assert (kept.stat().st_uid, kept.read_bytes()) == (
        0,
        (home / NOTEBOOK).read_bytes(),
    )
    assert (home / NOTEBOOK).stat().st_uid == UID["ana"]

    hub.stop()
    until("end of all processes", lambda: not hub.left())

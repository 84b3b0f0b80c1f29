"""A PKCS#11 token in software (SoftHSM), with AES keys in it."""
import os
import pathlib
import subprocess

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "87654321"


class Token:
    """Lies in a folder of its own; a server that is started while `environment` holds finds it."""

    def __init__(self, folder, label="argosy"):
        self.folder = pathlib.Path(folder)
        self.label = label
        (self.folder / "tokens").mkdir(parents=True)
        self.configuration = self.folder / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.pin_file = self.folder / "pin"
        self.write_pin(PIN)
        self._run("--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN)

    @property
    def environment(self):
        return {"SOFTHSM2_CONF": str(self.configuration)}

    def write_pin(self, pin, mode=0o600):
        self.pin_file.write_text(pin + "\n")
        self.pin_file.chmod(mode)

    def make_key(self, label):
        """An AES key of 32 bytes. The tool that imports it drops white space: all of them are letters or digits."""
        path = self.folder / "key"
        path.write_text(os.urandom(16).hex())
        identity = os.urandom(4).hex()
        self._run("--import", path, "--aes", "--token", self.label, "--label", label, "--id", identity, "--pin", PIN)
        path.unlink()

    def section(self, key, /, **changes):
        """What a configuration says of a root key in it."""
        told = {"module": MODULE, "token": self.label, "key": key, "pin_file": self.pin_file} | changes
        return "root_key: {pkcs11: {" + ", ".join(f"{name}: {value}" for name, value in told.items()) + "}}"

    def options(self, key, /, **changes):
        """The same for `argosyd root-key rotate`."""
        told = {"module": MODULE, "token": self.label, "key": key, "pin_file": self.pin_file} | changes
        return [word for name, value in told.items() for word in (f"--to-{name.replace('_', '-')}", value)]

    def _run(self, *arguments):
        out = subprocess.run(
            ["/usr/bin/softhsm2-util", *arguments],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert out.returncode == 0, out.stdout + out.stderr

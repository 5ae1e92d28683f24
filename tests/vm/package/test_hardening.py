# SPDX-License-Identifier: MIT
"""Each program of the packages has what compiler and linker can do, and a program that lacks it is found."""

import os
import pathlib
import subprocess

import pytest

HARDENING = pathlib.Path(__file__).resolve().parents[2] / "package" / "hardening.sh"
# As debian/rules has them, and one of them missing.
FLAGS = ["-O2", "-D_FORTIFY_SOURCE=2", "-fstack-protector-all", "-fPIE", "-pie", "-Wl,-z,relro,-z,now"]
PROGRAM = "#include <stdio.h>\nint main(int c, char **v)\n{\n\tchar b[9];\n\treturn snprintf(b, c, \"%s\", v[0]);\n}\n"


def look_at(*packages):
    return subprocess.run([HARDENING, *packages], capture_output=True, text=True, check=False)


def test_each_program_of_the_packages_is_hardened():
    looked = look_at(*pathlib.Path(os.environ["TOS_PACKAGES"]).glob("*.deb"))
    assert (looked.returncode, looked.stdout) == (0, "2 programs, each hardened\n")


@pytest.mark.parametrize(
    "flags, told",
    [
        ([], None),
        (["-no-pie"], "no position independent executable"),
        (["-Wl,-z,norelro"], "relocations stay writable"),
        (["-Wl,-z,lazy"], "bound late"),
        (["-Wl,-z,execstack"], "stack is executable"),
        (["-fno-stack-protector"], "no stack protector"),
        (["-U_FORTIFY_SOURCE"], "nothing is fortified"),
        (["-Wl,-rpath,/tmp"], "RPATH"),
    ],
)
def test_a_program_without_is_found(flags, told, tmp_path):
    tree, source, package = tmp_path / "tree", tmp_path / "main.c", tmp_path / "some.deb"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr" / "bin").mkdir(parents=True)
    source.write_text(PROGRAM)
    control = "Package: some\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: some\n"
    (tree / "DEBIAN" / "control").write_text(control)
    subprocess.run(["cc", *FLAGS, *flags, "-o", tree / "usr" / "bin" / "some", source], check=True)
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, package], check=True, stdout=subprocess.DEVNULL)
    looked = look_at(package)
    lines = looked.stdout.splitlines()
    assert (looked.returncode, len(lines), looked.stderr) == (1 if told else 0, 1, ""), looked
    assert told is None or told in lines[0]

"""Lets PyTorch's wheel for Linux load without NVIDIA's libraries, which are 4 GB and of which a processor needs nothing.

The wheel is linked against them. This puts libraries of their names beside it, of which every function answers that
there is no device. Needs a C compiler, `readelf` and `nm`, which whoever builds mixopt has.
"""

import collections
import pathlib
import re
import subprocess
import sys

FOREIGN = re.compile(r"lib(cu|nv|nccl)[^/]*\.so\.\d+$")
FUNCTION = re.compile(r"(__)?(cu[a-zA-Z]|nvrtc|nvshmem|nccl)")
NO_DEVICE = 100  # cudaErrorNoDevice


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def function(name):
    is_text = name.endswith(("String", "Name", "LastError")) and name not in ("cudaGetLastError", "cudaPeekAtLastError")
    answer = '"no device"' if is_text else f"(const char *){NO_DEVICE}"
    return f"const char *{name}(void) {{ return {answer}; }}"


def main():
    folder = pathlib.Path(sys.argv[1])
    libraries, symbols = set(), collections.defaultdict(set)
    for file in sorted(folder.glob("lib*.so")):
        needed = [re.search(r"\(NEEDED\).*\[(.*)\]", line) for line in lines("readelf", "-d", file)]
        libraries.update(found[1] for found in needed if found and FOREIGN.match(found[1]))
        for line in lines("nm", "-D", "--undefined-only", file):
            name, _, version = line.split()[-1].partition("@")
            if FUNCTION.match(name):
                symbols[version].add(name)
    # A function with a version is looked for in the library of that name, one without in all.
    for library in sorted(libraries):
        version = library if library in symbols else "NVSHMEM" if "nvshmem" in library else ""
        names = symbols[version] if version or "nccl" in library else set()
        source, script = folder / "stub.c", folder / "stub.map"
        source.write_text("\n".join(map(function, sorted(names))) + "\n")
        script.write_text(f"{version} {{ global: *; }};\n")
        options = [f"-Wl,--version-script={script}"] if version else []
        command = ["cc", "-shared", "-fPIC", "-w", "-O1", f"-Wl,-soname,{library}", *options, "-o", folder / library]
        subprocess.run([*command, source], check=True)
        source.unlink()
        script.unlink()


if __name__ == "__main__":
    main()

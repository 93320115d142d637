"""Installs an Ollama server into PAPERS_HOME/tools/ollama, without root: the official archive, else from source.

What is compiled here is tied to this processor (`-march=native`) and is never shared between machines.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from assistant.llm.address import is_loopback, server_url
from assistant.setup.process import OllamaMissing, find_binary, processor, server_version, tools_folder
from index.embedding.downloads import DownloadError, PinnedFile, fetch_url, reachable, require_disk, set_up_lock
from index.files.home import private_folder
from index.model.plain_text import Say

RELEASE = "https://github.com/ollama/ollama/releases/download/v0.32.9"
# By operating system and processor; the sizes and SHA-256 of the release's own files.
ARCHIVES = {
    ("linux", "x86_64"): PinnedFile(
        "ollama-linux-amd64.tar.zst", 1_421_653_242, "5d747a43369f61e38f20b5a39fcc5c90647e562cdc61e2e56034f1c5b113d540"
    ),
    ("darwin", "arm64"): PinnedFile(
        "ollama-darwin.tgz", 148_150_513, "17a5b096d4515d00a6415012db847a2b353b389ed7ab33d025e3b98c2f05b49c"
    ),
    ("darwin", "x86_64"): PinnedFile(
        "ollama-darwin.tgz", 148_150_513, "17a5b096d4515d00a6415012db847a2b353b389ed7ab33d025e3b98c2f05b49c"
    ),
}
GPU_LIBRARIES = ("*cuda*", "*rocm*", "*vulkan*", "*mlx*")  # most of the Linux archive, of no use without a GPU

# The last release that `go install` builds whole; later ones build their runner with cmake.
SOURCE_VERSION = "0.17.4"
SOURCE_SUM = "h1:X3KNm9x4BlHqk/AXMGtC7pBAFd46nmJmy8yDaBZLo9s="  # of its module, which names those of all others
SOURCE_DISK = 2_500_000_000  # the module, the compiler's cache and the binary
BUILD_SECONDS = 3600.0
STILL_SECONDS = 30.0
# Headers that a Go module archive leaves out (Go drops folders named vendor), by the Debian package that has them.
HEADERS = {"nlohmann/json.hpp": "nlohmann-json3-dev", "stb/stb_image.h": "libstb-dev"}
SYSTEM_HEADERS = (Path("/usr/include"), Path("/usr/local/include"), Path("/opt/homebrew/include"))
MINIAUDIO_MODULE = "github.com/gen2brain/malgo@v0.11.24"  # a Go module with miniaudio.h, checked by Go's own checksums
MINIAUDIO_SUM = "h1:hHcIJVfzWcEDHFdPl5Dl/CUSOjzOleY0zzAV8Kx+imE="


def install_where_needed(host: str | None, home: Path, say: Say) -> None:
    """Install Ollama unless a server answers at `host` (default OLLAMA_HOST) or is to answer on another machine."""
    url = server_url(host)
    if is_loopback(url) and server_version(url) is None:
        install(home, say)


def install(home: Path, say: Say) -> Path:
    """The path of an Ollama that runs on this machine: found, downloaded, or compiled. Raises OllamaMissing."""
    with set_up_lock(home, say):
        found = find_binary(home)
        if found:
            say(f"Ollama: {found} is here")
            return found
        tried: list[str] = []
        for way, label in ((_from_archive, "the official archive"), (_from_source, "its source, by go install")):
            say(f"Ollama: trying {label}")
            try:
                binary: Path = way(home, say)
            except DownloadError as error:
                tried.append(f"from {label}: {error}")
                say(f"  not that way: {error}")
            else:
                say(f"Ollama: installed {binary}")
                return binary
        raise OllamaMissing(
            "Ollama could not be installed: "
            + " | ".join(tried)
            + " Install it yourself (https://ollama.com/download), "
            "or set OLLAMA_HOST to a machine that runs it, then run papers setup again."
        )


def _from_archive(home: Path, say: Say) -> Path:
    archive = ARCHIVES.get((sys.platform, platform.machine()))
    if archive is None:
        raise DownloadError(f"No archive is known for {sys.platform} on {platform.machine()}.")
    if not reachable("https://github.com"):
        raise DownloadError("https://github.com cannot be reached from here.")
    return install_archive(home, f"{RELEASE}/{archive.name}", archive, say)


def install_archive(home: Path, url: str, archive: PinnedFile, say: Say) -> Path:
    """Download, verify and unpack a release archive; GPU libraries only where there is a GPU. Raises DownloadError."""
    needed = ["tar", *(["zstd"] if archive.name.endswith(".zst") else [])]
    absent = [tool for tool in needed if not shutil.which(tool)]
    if absent:
        raise DownloadError(f"It needs {' and '.join(absent)} to be unpacked. Install with: apt-get install zstd tar")
    downloads = home / "downloads"
    gpu = sys.platform != "linux" or Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists()
    require_disk(downloads, archive.size * (4 if gpu else 2), "Ollama", say)
    fetch_url(url, downloads / archive.name, archive, say)
    draft = downloads / "ollama"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    leave_out = [] if gpu else [f"--exclude={pattern}" for pattern in GPU_LIBRARIES]
    decompress = ["--use-compress-program=zstd -d"] if "zstd" in needed else []
    say(f"  unpacking {archive.name}")
    _run(["tar", *decompress, "-xf", str(downloads / archive.name), "-C", str(draft), *leave_out], draft)
    if not (draft / "bin" / "ollama").is_file():  # macOS: everything lies at the top
        (draft / "bin").mkdir(exist_ok=True)
        for path in [path for path in draft.iterdir() if path.name != "bin"]:
            path.rename(draft / "bin" / path.name)
    if not (draft / "bin" / "ollama").is_file():
        raise DownloadError(f"{archive.name} holds no ollama. Install it from https://ollama.com/download.")
    shutil.rmtree(tools_folder(home), ignore_errors=True)
    private_folder(tools_folder(home).parent)
    draft.rename(tools_folder(home))
    (downloads / archive.name).unlink()
    return tools_folder(home) / "bin" / "ollama"


def _from_source(home: Path, say: Say) -> Path:
    absent = [tool for tool in ("go", "gcc", "g++") if not shutil.which(tool)]
    if absent:
        raise DownloadError(f"It needs {', '.join(absent)}. Install Go 1.24 or later (https://go.dev/dl) and gcc, g++.")
    require_disk(home / "downloads", SOURCE_DISK, "Compiling Ollama", say)
    include = collect_headers(home / "downloads" / "headers", SYSTEM_HEADERS, say)
    log = home / "logs" / "ollama-build.log"
    private_folder(log.parent)
    draft = home / "downloads" / "ollama-built"
    environment = {
        **os.environ,
        "CGO_ENABLED": "1",
        # Without SIMD and repacked weights the server is 10 to 50 times slower.
        "CGO_CPPFLAGS": f"-I{include} -DGGML_USE_CPU_REPACK",
        "CGO_CFLAGS": "-O3 -march=native",
        "CGO_CXXFLAGS": "-O3 -march=native",
        "GOBIN": str(draft),
    }
    version = f"-X=github.com/ollama/ollama/version.Version={SOURCE_VERSION}"
    command = ["go", "install", "-ldflags", version, f"github.com/ollama/ollama@v{SOURCE_VERSION}"]
    _checked_module(f"github.com/ollama/ollama@v{SOURCE_VERSION}", SOURCE_SUM, home / "downloads")
    say(f"  compiling Ollama {SOURCE_VERSION} for this processor: 2 to 5 minutes on two cores; log: {log}")
    _build(command, environment, log, say)
    folder = tools_folder(home)
    private_folder(folder / "bin")
    (folder / "bin" / "ollama").unlink(missing_ok=True)  # one for another processor must never seem to be for this one
    (folder / "processor.txt").write_text(processor(), "utf-8")
    return (draft / "ollama").rename(folder / "bin" / "ollama")


def _build(command: list[str], environment: dict[str, str], log: Path, say: Say) -> None:
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            while time.monotonic() - began < BUILD_SECONDS:
                try:
                    process.wait(STILL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  still compiling, {time.monotonic() - began:.0f} s")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0:
        last = " ".join(log.read_text("utf-8", "replace").split())[-300:]
        raise DownloadError(f"go install failed: {last} Read {log}.")


def collect_headers(folder: Path, system: tuple[Path, ...], say: Say) -> Path:
    """A folder with every header that the source archive leaves out, `system` being searched first.

    From Debian's packages, which are unpacked here, not installed, and a Go module. Raises DownloadError.
    """
    private_folder(folder)
    missing = {name: package for name, package in HEADERS.items() if not (folder / name).is_file()}
    for name in list(missing):
        found = next((root / name for root in system if (root / name).is_file()), None)
        if found:
            shutil.copytree(found.parent, (folder / name).parent, dirs_exist_ok=True)
            del missing[name]
    if missing:
        say(f"  fetching the headers of {', '.join(missing.values())}")
        _unpack_debian(list(missing.values()), folder)
    if not (folder / "miniaudio" / "miniaudio.h").is_file():
        say(f"  fetching miniaudio.h from {MINIAUDIO_MODULE}")
        source = _checked_module(MINIAUDIO_MODULE, MINIAUDIO_SUM, folder)
        (folder / "miniaudio").mkdir(exist_ok=True)
        shutil.copyfile(source / "miniaudio.h", folder / "miniaudio" / "miniaudio.h")
    return folder


def _checked_module(name: str, checksum: str, folder: Path) -> Path:
    """The folder of a Go module, downloaded; raises DownloadError if it is not the one that was pinned."""
    private_folder(folder)
    module: dict[str, Any] = json.loads(_run(["go", "mod", "download", "-json", name], folder))
    if module.get("Sum") != checksum:
        raise DownloadError(f"{name} has another checksum than expected: do not use it.")
    return Path(module["Dir"])


def _unpack_debian(packages: list[str], folder: Path) -> None:
    advice = f"Install {' and '.join(packages)} (or what your system calls these headers), then run papers setup again."
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise DownloadError(f"It needs headers that only Debian's tools can fetch by themselves. {advice}")
    apt = folder / "apt"
    for needed in ("state/lists/partial", "cache/archives/partial", "unpacked"):
        private_folder(apt / needed)
    # A package list of our own: neither root nor the system's list is needed, and the system stays as it is.
    own = ["-q", "-o", f"Dir::State={apt}/state", "-o", f"Dir::Cache={apt}/cache", "-o", "APT::Sandbox::User="]
    own += ["-o", "Dir::State::status=/var/lib/dpkg/status"]
    try:
        _run(["apt-get", *own, "update"], apt)
        _run(["apt-get", *own, "download", *packages], apt)
        for archive in apt.glob("*.deb"):
            _run(["dpkg-deb", "-x", str(archive), str(apt / "unpacked")], apt)
        for name, package in HEADERS.items():
            if package in packages:
                source = (apt / "unpacked" / "usr" / "include" / name).parent
                shutil.copytree(source, (folder / name).parent, dirs_exist_ok=True)
    except (DownloadError, OSError) as error:
        raise DownloadError(f"{error} {advice}") from error
    finally:
        shutil.rmtree(apt, ignore_errors=True)


def _run(command: list[str], folder: Path) -> str:
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DownloadError(f"{command[0]} failed: {error}.") from error
    if result.returncode != 0:
        raise DownloadError(f"{command[0]} failed: {' '.join(result.stderr.split())[-300:]}")
    return result.stdout

"""Measures a process: seconds, peak memory, and, through a proxy, the calls it makes and how many wait for another."""

import http.client
import http.server
import os
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass

# What a proxy must not hand on: it speaks for itself on each of its two connections.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"}

# Every answer is held back so long, in seconds: calls that wait for no other then overlap, however quick the emulator is.
HOLD = 0.05


@dataclass
class Measured:
    seconds: float
    # The largest process of the run, in MiB: what the process itself held, or the largest of those it waited for.
    peak: float
    code: int
    output: str


def run(command, folder, variables, expected=(0,)):
    """Runs a command to its end.

    Raises RuntimeError, with what it printed, when it ends with another code than one of `expected`.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ENVCTL_", "TF_"))}
    environment.update(variables, CHECKPOINT_DISABLE="1", NO_COLOR="1")
    began = time.perf_counter()
    with open(os.path.join(folder, "output.log"), "w+b") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        output = log.read().decode(errors="replace")
    if process.returncode not in expected:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{output[-3000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, process.returncode, output)


class Proxy:
    """A proxy on loopback that writes down when each call began and ended."""

    def __init__(self, upstream):
        target = urllib.parse.urlsplit(upstream)
        self.calls, self._lock = [], threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_call(self):
                began = time.perf_counter()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                upstream_connection = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
                headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP}
                upstream_connection.request(self.command, self.path, body, headers)
                answer = upstream_connection.getresponse()
                content = answer.read()
                time.sleep(HOLD)
                with proxy._lock:
                    proxy.calls.append((began, time.perf_counter()))
                self.send_response_only(answer.status, answer.reason)
                for key, value in answer.getheaders():
                    if key.lower() not in HOP:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                upstream_connection.close()

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one_call

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self):
        """Calls and waves since the last time. A call stands one wave behind the latest that ended before it began."""
        with self._lock:
            calls, self.calls = sorted(self.calls), []
        waves = []
        for began, _ in calls:
            before = [wave for wave, (_, ended) in zip(waves, calls) if ended <= began]
            waves.append(1 + max(before, default=0))
        return len(calls), max(waves, default=0)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

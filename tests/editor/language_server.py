# SPDX-License-Identifier: MIT
"""yaml-language-server, as an editor drives it: LSP, JSON-RPC on stdin and stdout."""

import json
import os
import pathlib
import subprocess
import threading

TIMEOUT = float(os.environ.get("TOS_TEST_TIMEOUT", "60"))

# Nothing is fetched: the schema is a file, named by the map's own first lines.
SETTINGS = {"yaml": {"schemaStore": {"enable": False}, "validate": True, "completion": True, "hover": True}}


class LanguageServer:
    def __init__(self, program):
        self._condition = threading.Condition()
        self._answers, self._diagnostics, self._ended = {}, {}, False
        self._next = 0
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen(
            ["node", str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def _read(self):
        """Until its end: answers, questions and notifications, each a head and so many bytes."""
        stream = self._process.stdout
        while head := stream.readline():
            size = 0
            while head not in (b"\r\n", b""):
                name, value = head.split(b":")
                size = int(value) if name == b"Content-Length" else size
                head = stream.readline()
            self._take(json.loads(stream.read(size)))
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _take(self, message):
        if "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._answer_to(message)})
        with self._condition:
            if message.get("method") == "textDocument/publishDiagnostics":
                self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
            elif "method" not in message:
                self._answers[message["id"]] = message
            self._condition.notify_all()

    @staticmethod
    def _answer_to(message):
        """Returns the settings that the server asks the editor for."""
        if message["method"] != "workspace/configuration":
            return None
        return [SETTINGS.get(item["section"], {}) for item in message["params"]["items"]]

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _tell(self, method, params):
        self._send({"method": method, "params": params})

    def _wait(self, is_there):
        assert self._condition.wait_for(lambda: self._ended or is_there(), TIMEOUT), "no answer in time"
        assert not self._ended, "the language server has ended"

    def ask(self, method, params):
        self._next += 1
        number = self._next
        self._send({"id": number, "method": method, "params": params})
        with self._condition:
            self._wait(lambda: number in self._answers)
            answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, path):
        """Opens a file as an editor does. Returns its mistakes: the underlined texts and the messages."""
        uri, text = pathlib.Path(path).as_uri(), path.read_text()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        with self._condition:
            self._wait(lambda: uri in self._diagnostics)
            found = self._diagnostics[uri]
        return [(underlined(text, mistake["range"]), mistake["message"]) for mistake in found]

    def complete(self, path, line, column):
        """The editor's proposals there: label -> item. The file is open."""
        found = self.ask("textDocument/completion", _place(path, line, column))
        items = found["items"] if isinstance(found, dict) else found
        return {item["label"]: item for item in items}

    def hover(self, path, line, column):
        """The editor's text about the word there."""
        found = self.ask("textDocument/hover", _place(path, line, column))
        return found["contents"]["value"] if found else ""

    def close(self):
        if self._process.poll() is None:
            self.ask("shutdown", None)
            self._tell("exit", None)
        self._process.stdin.close()
        try:
            self._process.wait(TIMEOUT)
        finally:
            self._process.kill()
            self._reader.join()
            self._process.stdout.close()


def _place(path, line, column):
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": column}}


def underlined(text, span):
    """The text from the one place to the other; the maps here have no character that takes two of UTF-16."""
    lines = text.split("\n")
    begin, end = span["start"], span["end"]
    if begin["line"] != end["line"]:
        return "\n".join(lines[begin["line"] : end["line"] + 1])
    return lines[begin["line"]][begin["character"] : end["character"]]
